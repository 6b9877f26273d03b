import Mangrove

/// Reads events whose places are known, in as few pieces as sensible, checking every record it touches.
package struct EventReader: Sendable {
    /// An event's position and its record's place.
    package struct Wanted: Sendable {
        /// The position.
        package var position: Int
        /// The record.
        package var location: RecordLocation
    }

    private let store: String
    private let files: SegmentFiles
    private let pieceSize: Int
    /// Records this far apart are read together, for what lies between costs less than another call.
    private static let gap = 32 << 10
    /// Read after the start of a piece's last record, whose size is not known; most records fit.
    private static let guess = 4 << 10

    /// Makes a reader.
    package init(store: String, files: SegmentFiles, pieceSize: Int) {
        self.store = store
        self.files = files
        self.pieceSize = pieceSize
    }

    /// The events, in the same order; `wanted` is ascending by position.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)`` or ``StoreError/unavailable(store:why:)``.
    package func read(_ wanted: [Wanted]) throws(StoreError) -> [RecordedEvent] {
        var events: [RecordedEvent] = []
        events.reserveCapacity(wanted.count)
        var next = 0
        while next < wanted.count {
            let start = wanted[next].location
            var end = next + 1
            while end < wanted.count, wanted[end].location.file == start.file,
                wanted[end].location.offset - start.offset < pieceSize,
                wanted[end].location.offset - wanted[end - 1].location.offset <= Self.gap
            {
                end += 1
            }
            let piece = try load(start, wanted[end - 1].location.offset - start.offset + Self.guess)
            while next < end {
                let location = wanted[next].location
                var last = next + 1
                while last < end, wanted[last].location == location { last += 1 }
                try read(location, wanted[next..<last], from: piece, at: location.offset - start.offset, into: &events)
                next = last
            }
        }
        return events
    }

    private func load(_ location: RecordLocation, _ count: Int) throws(StoreError) -> [UInt8] {
        try onDisk(store) { () throws(DiskError) in
            try files.file(location.file).bytes(at: location.offset, count: count)
        }
    }

    /// Takes the wanted events out of one record, reading it on its own if the piece has only its start.
    private func read(
        _ location: RecordLocation,
        _ wanted: ArraySlice<Wanted>,
        from piece: [UInt8],
        at offset: Int,
        into events: inout [RecordedEvent]
    ) throws(StoreError) {
        let rest = piece[min(offset, piece.count)...]
        guard let needed = try take(wanted, rest, location, &events) else { return }
        let whole = try load(location, needed)
        guard try take(wanted, whole[...], location, &events) == nil else {
            throw damaged(location, "the record is incomplete")
        }
    }

    private func take(
        _ wanted: ArraySlice<Wanted>,
        _ bytes: ArraySlice<UInt8>,
        _ location: RecordLocation,
        _ events: inout [RecordedEvent]
    ) throws(StoreError) -> Int? {
        do throws(Malformed) {
            return try bytes.withUnsafeBufferPointer { bytes throws(Malformed) in
                try Self.take(wanted, UnsafeRawBufferPointer(bytes), &events)
            }
        } catch {
            throw damaged(location, error.what)
        }
    }

    private func damaged(_ location: RecordLocation, _ what: String) -> StoreError {
        .damaged(store: store, file: files.path(location.file), offset: location.offset, what: what)
    }

    /// Appends the wanted events to `events`, or returns how many bytes of the record are needed.
    private static func take(
        _ wanted: ArraySlice<Wanted>,
        _ bytes: UnsafeRawBufferPointer,
        _ events: inout [RecordedEvent]
    ) throws(Malformed) -> Int? {
        let header: RecordHeader
        switch RecordFormat.parse(bytes) {
        case .incomplete(let needed): return needed
        case .bad(let what): throw Malformed(what)
        case .whole(let found): header = found
        }
        guard RecordFormat.hasEvents(kind: header.kind) else { throw Malformed("the record is none of events") }
        var body = try EventsBody(frame: UnsafeRawBufferPointer(rebasing: bytes[..<header.size]))
        var next = wanted.startIndex
        while next < wanted.endIndex, let part = try body.nextPart() {
            for offset in 0..<part.count {
                let event = try body.nextEvent()
                guard next < wanted.endIndex, event.position == wanted[next].position else { continue }
                next += 1
                var recorded = RecordedEvent(
                    stream: part.stream,
                    version: part.version + offset,
                    position: event.position,
                    id: event.id,
                    type: try event.typeText(),
                    data: Array(event.data),
                    metadata: event.metadata.map { Array($0) },
                    tags: event.tags,
                    created: body.created
                )
                recorded.isSealed = event.isSealed
                events.append(recorded)
            }
        }
        guard next == wanted.endIndex else {
            throw Malformed("the record does not hold event \(wanted[next].position)")
        }
        return nil
    }
}
