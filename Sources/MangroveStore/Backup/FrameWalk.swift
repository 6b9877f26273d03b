import Mangrove

/// What a record of events says of them as a whole.
struct EventsSummary: Sendable {
    /// From the first event's position to the one behind the last.
    var positions: Range<Int>
    /// When they were appended.
    var created: Timestamp
    /// Whether any of them is encrypted.
    var hasSealedEvents: Bool

    /// Reads it off a whole frame.
    init(frame: UnsafeRawBufferPointer) throws(Malformed) {
        var body = try EventsBody(frame: frame)
        created = body.created
        var first: Int?
        var sealed = false
        while let part = try body.nextPart() {
            for _ in 0..<part.count {
                let event = try body.nextEvent()
                first = first ?? event.position
                sealed = sealed || event.isSealed
            }
        }
        positions = (first ?? body.position)..<body.position
        hasSealedEvents = sealed
    }
}

/// Goes through the frames of one segment of a backup, in pieces.
struct FrameWalk {
    /// Where the next frame begins.
    private(set) var offset: Int
    /// What is gone from the segment was decided with the log known up to this record.
    private(set) var decided: UInt64 = 0
    private let file: any DiskFile
    private let store: String
    private let path: String
    private let end: Int
    private var piece: [UInt8] = []
    private var pieceStart = 0

    /// Opens a segment. Blocks.
    init(
        _ target: BackupTarget,
        _ store: BackupManifest.Store,
        _ file: BackupManifest.File,
        _ segment: SegmentID
    ) throws(StoreError) {
        let view = BackupView(target, store)
        let path = view.directory.logPath + "/" + segment.name
        self.store = store.id
        self.path = target.file(store, file)
        end = file.bytes
        let opened = try onDisk("") { () throws(DiskError) in try view.open(path, .read) }
        self.file = opened
        offset = segment.generation == 0 ? SegmentFormat.header : CompactedHeader.bytes
        guard segment.generation > 0 else { return }
        let head = try onDisk("") { () throws(DiskError) in try opened.bytes(at: 0, count: CompactedHeader.bytes) }
        do throws(Malformed) {
            decided = try CompactedHeader(head, segment, identity: store.identity, size: file.bytes).decided
        } catch {
            throw .backupDamaged(file: self.path, what: error.what)
        }
    }

    /// The next frame's header and, if it holds events, what it says of them; nil at the end. Blocks.
    mutating func next() throws(StoreError) -> (RecordHeader, EventsSummary?)? {
        while offset < end {
            let start = offset - pieceStart
            let check = piece.withUnsafeBytes { bytes in
                RecordFormat.parse(UnsafeRawBufferPointer(rebasing: bytes[min(start, bytes.count)...]))
            }
            switch check {
            case .bad(let what): throw damaged(what)
            case .incomplete(let needed):
                guard offset + needed <= end else { throw damaged("the record is incomplete") }
                try load(needed)
            case .whole(let header):
                let summary: Result<EventsSummary?, Malformed> = piece.withUnsafeBytes { bytes in
                    guard RecordFormat.hasEvents(kind: header.kind) else { return .success(nil) }
                    let frame = UnsafeRawBufferPointer(rebasing: bytes[start..<start + header.size])
                    do throws(Malformed) {
                        return .success(try EventsSummary(frame: frame))
                    } catch {
                        return .failure(error)
                    }
                }
                switch summary {
                case .failure(let error): throw damaged(error.what)
                case .success(let summary):
                    offset += header.size
                    return (header, summary)
                }
            }
        }
        return nil
    }

    private mutating func load(_ needed: Int) throws(StoreError) {
        let (file, offset) = (file, offset)
        let count = min(max(needed, 1 << 20), end - offset)
        piece = try onDisk("") { () throws(DiskError) in try file.bytes(at: offset, count: count) }
        pieceStart = offset
        if piece.count < needed { throw damaged("the file ends here") }
    }

    private func damaged(_ what: String) -> StoreError {
        .backupDamaged(file: path, what: "at offset \(offset): \(what)")
    }

    func close() {
        file.close()
    }
}
