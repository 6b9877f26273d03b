import Mangrove

/// Reads values too large for the index from their records, checking every record it touches.
package struct FactReader: Sendable {
    private let store: String
    private let files: SegmentFiles
    /// Read at once besides the value, for the record's header and the keys.
    private static let guess = 4 << 10

    /// Makes a reader.
    package init(store: String, files: SegmentFiles) {
        self.store = store
        self.files = files
    }

    /// The value of a fact as its record has it. Blocks.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)`` or ``StoreError/unavailable(store:why:)``.
    package func read(_ space: FactSpace, _ entry: FactTable.Entry) throws(StoreError) -> [UInt8] {
        if let small = entry.small { return small }
        let location = entry.location
        var needed = entry.size + Self.guess
        // The record can be longer than guessed: once more then, and never again.
        for _ in 0..<2 {
            let size = needed
            let bytes = try onDisk(store) { () throws(DiskError) in
                try files.file(location.file).bytes(at: location.offset, count: size)
            }
            do throws(Malformed) {
                let found = try bytes.withUnsafeBufferPointer { bytes throws(Malformed) in
                    try Self.find(space, entry, in: UnsafeRawBufferPointer(bytes))
                }
                switch found {
                case .value(let value): return value
                case .incomplete(let total): needed = total
                }
            } catch {
                throw damaged(location, error.what)
            }
        }
        throw damaged(location, "the record is incomplete")
    }

    private enum Found {
        case value([UInt8])
        case incomplete(needed: Int)
    }

    private static func find(
        _ space: FactSpace,
        _ entry: FactTable.Entry,
        in bytes: UnsafeRawBufferPointer
    ) throws(Malformed) -> Found {
        let header: RecordHeader
        switch RecordFormat.parse(bytes) {
        case .incomplete(let needed): return .incomplete(needed: needed)
        case .bad(let what): throw Malformed(what)
        case .whole(let found): header = found
        }
        guard header.kind == RecordFormat.factsKind else { throw Malformed("the record is none of facts") }
        var body = try FactsBody(frame: UnsafeRawBufferPointer(rebasing: bytes[..<header.size]))
        var value: [UInt8]?
        while let change = try body.next() {
            // The last change of a key is the one that counts.
            if change.space == space, change.key == entry.key { value = change.value.map { Array($0) } }
        }
        guard let value else { throw Malformed("the record does not hold the fact it should") }
        return .value(value)
    }

    private func damaged(_ location: RecordLocation, _ what: String) -> StoreError {
        .damaged(store: store, file: files.path(location.file), offset: location.offset, what: what)
    }
}
