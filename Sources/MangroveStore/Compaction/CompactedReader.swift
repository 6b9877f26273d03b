import Mangrove

/// Reads a rewritten segment: its header, then record by record. Whatever cannot be read is damage.
struct CompactedReader {
    let header: CompactedHeader
    private let store: String
    private let path: String
    private let file: any DiskFile
    private var scanner: SegmentScanner

    /// Opens the segment.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)`` or ``StoreError/unavailable(store:why:)``.
    init(
        _ disk: any Disk,
        _ directory: StoreDirectory,
        _ segment: SegmentID,
        _ identity: StoreIdentity
    ) throws(StoreError) {
        store = directory.store
        let path = directory.logPath + "/" + segment.name
        self.path = path
        let (file, size, head) = try onDisk(directory.store) { () throws(DiskError) in
            let file = try disk.open(path, .read)
            return (file, try file.size(), try file.bytes(at: 0, count: CompactedHeader.bytes))
        }
        self.file = file
        do throws(Malformed) {
            header = try CompactedHeader(head, segment, identity: identity, size: size)
        } catch {
            file.close()
            throw .damaged(store: directory.store, file: path, offset: 0, what: error.what)
        }
        scanner = SegmentScanner(file: file, segment: segment.first, from: CompactedHeader.bytes, to: size)
    }

    /// The next record; nil after the last, when the file is closed.
    mutating func next() throws(StoreError) -> RecordEntry? {
        let offset = scanner.offset
        let step: SegmentScanner.Step
        do throws(DiskError) {
            step = try scanner.next()
        } catch {
            throw .unavailable(store: store, why: error.description)
        }
        switch step {
        case .record(let record): return record
        case .end:
            file.close()
            return nil
        case .torn(let what): throw .damaged(store: store, file: path, offset: offset, what: what)
        case .wrong(let offset, let what): throw .damaged(store: store, file: path, offset: offset, what: what)
        }
    }

    /// What is said of a record that does not fit.
    func damaged(_ offset: Int, _ malformed: Malformed) -> StoreError {
        .damaged(store: store, file: path, offset: offset, what: malformed.what)
    }
}
