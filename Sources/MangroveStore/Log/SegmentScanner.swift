package import Mangrove

/// Reads a segment record by record, in large pieces, checking each frame.
package struct SegmentScanner {
    /// What stood at the scanner's place.
    package enum Step {
        /// A sound record.
        case record(RecordEntry)
        /// No frame, or one whose checksum is wrong. The scanner stays where it is.
        case torn(String)
        /// A frame with a right checksum that says what cannot be. The scanner has passed it.
        case wrong(at: Int, String)
        /// Nothing more.
        case end
    }

    private let file: any DiskFile
    private let segment: UInt64
    private let end: Int
    private let pieceSize: Int
    private var piece: [UInt8] = []
    private var pieceStart: Int
    /// Where the next record should start.
    package private(set) var offset: Int

    /// Starts at `offset`; bytes from `end` on are not looked at.
    package init(file: any DiskFile, segment: UInt64, from offset: Int, to end: Int, pieceSize: Int = 1 << 20) {
        self.file = file
        self.segment = segment
        self.offset = offset
        self.end = end
        self.pieceSize = pieceSize
        pieceStart = offset
    }

    /// Where the next record should start, in a segment of this generation.
    func place(_ generation: UInt32) -> RecordLocation {
        RecordLocation(segment: segment, offset: offset, generation: generation)
    }

    /// Takes the next record.
    /// - Throws: ``DiskError`` if the file cannot be read.
    package mutating func next() throws(DiskError) -> Step {
        while true {
            guard offset < end else { return .end }
            let check = piece.withUnsafeBytes { RecordFormat.parse(window($0)) }
            switch check {
            case .bad(let what): return .torn(what)
            case .incomplete(let needed):
                guard offset + needed <= end else { return .torn("the record is incomplete") }
                try load(needed)
            case .whole(let header):
                let location = RecordLocation(segment: segment, offset: offset)
                let outcome = piece.withUnsafeBytes { bytes in
                    Self.entry(UnsafeRawBufferPointer(rebasing: window(bytes)[..<header.size]), header, location)
                }
                defer { offset += header.size }
                switch outcome {
                case .success(let entry): return .record(entry)
                case .failure(let error): return .wrong(at: offset, error.what)
                }
            }
        }
    }

    /// Moves on to the next sound frame after the present place.
    /// - Parameter matches: whether a frame found is one to stop at.
    /// - Returns: the frame's header and its offset, or nil if there is none; then the scanner is at the end.
    package mutating func resume(
        _ matches: (RecordHeader) -> Bool
    ) throws(DiskError) -> (header: RecordHeader, offset: Int)? {
        offset += 1
        while offset + RecordFormat.header <= end {
            let check = piece.withUnsafeBytes { Self.plausible(window($0), end - offset) }
            switch check {
            case .incomplete(let needed):
                try load(needed)
            case .whole(let header) where matches(header):
                return (header, offset)
            case .whole, .bad:
                offset += 1
            }
        }
        offset = end
        return nil
    }

    /// As ``RecordFormat/parse(_:)``, but most places are ruled out by their length and kind before any byte is read or
    /// summed up for them.
    private static func plausible(_ bytes: UnsafeRawBufferPointer, _ rest: Int) -> FrameCheck {
        guard bytes.count >= RecordFormat.header else { return .incomplete(needed: RecordFormat.header) }
        let kind = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        guard RecordFormat.isKnown(kind: kind) else { return .bad("") }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
        guard length + RecordFormat.prefix <= rest else { return .bad("") }
        return RecordFormat.parse(bytes)
    }

    /// The part of the loaded piece from the present place on.
    private func window(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let start = min(max(offset - pieceStart, 0), bytes.count)
        return UnsafeRawBufferPointer(rebasing: bytes[start...])
    }

    private mutating func load(_ needed: Int) throws(DiskError) {
        let count = min(max(needed, pieceSize), end - offset)
        piece = try file.bytes(at: offset, count: count)
        pieceStart = offset
        // The file was longer when the scan began: somebody is cutting it.
        if piece.count < needed { throw DiskError(.inputOutput, "read", SegmentFormat.name(segment)) }
    }

    /// What the index needs to know of a whole frame.
    package static func entry(
        _ frame: UnsafeRawBufferPointer,
        _ header: RecordHeader,
        _ location: RecordLocation
    ) -> Result<RecordEntry, Malformed> {
        do throws(Malformed) {
            let content: RecordEntry.Content =
                switch header.kind {
                case RecordFormat.eventsKind, RecordFormat.sparseKind: .events(try events(frame))
                case RecordFormat.factsKind: .facts(try facts(frame))
                default: throw Malformed("the record's kind is not known")
                }
            return .success(
                RecordEntry(
                    index: header.index,
                    term: header.term,
                    flushed: header.flushed,
                    location: location,
                    size: header.size,
                    content: content
                )
            )
        } catch {
            return .failure(error)
        }
    }

    private static func events(_ frame: UnsafeRawBufferPointer) throws(Malformed) -> [RecordEntry.Part] {
        var body = try EventsBody(frame: frame)
        var parts: [RecordEntry.Part] = []
        while let part = try body.nextPart() {
            var entry = RecordEntry.Part(
                stream: part.stream,
                version: part.version,
                position: body.position,
                ids: [],
                types: []
            )
            entry.ids.reserveCapacity(part.count)
            entry.types.reserveCapacity(part.count)
            for offset in 0..<part.count {
                let event = try body.nextEvent()
                entry.ids.append(event.id)
                entry.types.append(try event.typeText())
                if !event.tags.isEmpty { entry.tags.append((offset, event.tags)) }
            }
            parts.append(entry)
        }
        return parts
    }

    private static func facts(_ frame: UnsafeRawBufferPointer) throws(Malformed) -> [FactEntry] {
        var body = try FactsBody(frame: frame)
        var changes: [FactEntry] = []
        while let change = try body.next() { changes.append(FactEntry(change)) }
        return changes
    }
}
