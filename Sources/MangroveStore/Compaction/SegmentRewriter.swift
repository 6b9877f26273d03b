import Mangrove

/// Writes a segment anew without what is gone.
///
/// Decides by a copy of the index: an event is left out if its position is gone; a fact, if another record is said to hold
/// its key, or none; the removal of a fact, if no segment before can still have what it removed.
struct SegmentRewriter {
    private let index: StoreIndex.Contents
    private let gone: PositionSet
    private let segment: SegmentID
    private let identity: StoreIdentity
    /// Removals up to this record are of no more use.
    private let settled: UInt64
    private var bytes: [UInt8] = []
    private var written = CompactedHeader.bytes
    private var lastTerm: UInt64
    private(set) var moved: [MovedRecord] = []
    /// How many events were left out.
    private(set) var events = 0
    /// How many changes of facts were left out.
    private(set) var facts = 0

    /// - Parameter segment: the segment as it is to be.
    init(_ index: StoreIndex.Contents, _ gone: PositionSet, _ segment: SegmentID, identity: StoreIdentity) {
        self.index = index
        self.gone = gone
        self.segment = segment
        self.identity = identity
        // What a rewritten segment says of the term of records that are gone from it holds on.
        lastTerm = index.image.segments.first { $0.first == segment.first }?.lastTerm ?? 0
        settled =
            index.image.segments.prefix { $0.first < segment.first }
            .map { $0.generation > 0 ? $0.decided : $0.hasFacts ? 0 : .max }
            .min() ?? .max
    }

    /// Reads `source` and writes what is left of it to `target`, header included.
    /// - Parameter end: where the source's records end.
    /// - Throws: ``Failure``.
    mutating func rewrite(
        _ source: any DiskFile,
        from start: Int,
        to end: Int,
        into target: any DiskFile,
        covering last: (index: UInt64, nextPosition: Int)
    ) throws(Failure) -> CompactedHeader {
        var offset = start
        var piece: [UInt8] = []
        var pieceStart = start
        var needed = RecordFormat.header
        while offset < end {
            if piece.isEmpty || offset + needed > pieceStart + piece.count {
                piece = try onDisk { () throws(DiskError) in
                    try source.bytes(at: offset, count: min(max(needed, 1 << 20), end - offset))
                }
                pieceStart = offset
                guard piece.count >= min(needed, end - offset) else {
                    throw .damaged(offset, "the file ends too early")
                }
            }
            let check = piece.withUnsafeBytes { bytes in
                RecordFormat.parse(UnsafeRawBufferPointer(rebasing: bytes[(offset - pieceStart)...]))
            }
            switch check {
            case .bad(let what): throw .damaged(offset, what)
            case .incomplete(let total):
                guard offset + total <= end else { throw .damaged(offset, "the record is incomplete") }
                needed = total
            case .whole(let header):
                let frame = piece[(offset - pieceStart)..<(offset - pieceStart + header.size)]
                do throws(Malformed) {
                    try frame.withUnsafeBufferPointer { frame throws(Malformed) in
                        try take(UnsafeRawBufferPointer(frame), header, at: offset)
                    }
                } catch {
                    throw .damaged(offset, error.what)
                }
                offset += header.size
                needed = RecordFormat.header
                if bytes.count >= 1 << 20 { try drain(into: target) }
            }
        }
        try drain(into: target)
        let header = CompactedHeader(
            segment,
            last: last.index,
            lastTerm: lastTerm,
            nextPosition: last.nextPosition,
            size: written,
            decided: index.image.lastIndex
        )
        let head = header.encode(first: segment.first, identity: identity)
        try onDisk { () throws(DiskError) in
            try target.write(head, at: 0)
            try target.flush()
        }
        return header
    }

    /// Why a segment could not be rewritten.
    enum Failure: Error {
        case disk(DiskError)
        case damaged(Int, String)
    }

    private func onDisk<Result>(_ body: () throws(DiskError) -> Result) throws(Failure) -> Result {
        do throws(DiskError) {
            return try body()
        } catch {
            throw .disk(error)
        }
    }

    private mutating func drain(into target: any DiskFile) throws(Failure) {
        guard !bytes.isEmpty else { return }
        let (out, offset) = (bytes, written)
        try onDisk { () throws(DiskError) in try target.write(out, at: offset) }
        written += bytes.count
        bytes.removeAll(keepingCapacity: true)
    }

    private mutating func take(
        _ frame: UnsafeRawBufferPointer,
        _ header: RecordHeader,
        at offset: Int
    ) throws(Malformed) {
        lastTerm = max(lastTerm, header.term)
        if header.kind == RecordFormat.factsKind {
            try takeFacts(frame, header, at: offset)
        } else {
            try takeEvents(frame, header)
        }
    }

    // MARK: Events

    /// A run of events that are left: consecutive in stream and store.
    private struct Run {
        var stream: String
        var version: Int
        var position: Int
        var events: [UnsafeRawBufferPointer] = []
    }

    private mutating func takeEvents(_ frame: UnsafeRawBufferPointer, _ header: RecordHeader) throws(Malformed) {
        var body = try EventsBody(frame: frame)
        var runs: [Run] = []
        var lost = 0
        while let part = try body.nextPart() {
            var run = Run(stream: part.stream, version: part.version, position: body.position)
            for offset in 0..<part.count {
                let event = try body.nextEvent()
                if !gone.contains(event.position) {
                    if run.events.isEmpty { (run.version, run.position) = (part.version + offset, event.position) }
                    run.events.append(event.whole)
                    continue
                }
                lost += 1
                if !run.events.isEmpty { runs.append(run) }
                run.events = []
            }
            if !run.events.isEmpty { runs.append(run) }
        }
        events += lost
        guard !runs.isEmpty else { return }
        var record = MovedRecord(offset: written + bytes.count)
        record.positions = runs.map { $0.position..<$0.position + $0.events.count }
        moved.append(record)
        if lost == 0 {
            bytes.append(contentsOf: frame)
        } else {
            append(runs, header, created: body.created)
        }
    }

    private mutating func append(_ runs: [Run], _ header: RecordHeader, created: Timestamp) {
        let start = bytes.count
        let size = runs.reduce(RecordFormat.header + 12) { sum, run in
            run.events.reduce(sum + 22 + run.stream.utf8.count) { $0 + $1.count }
        }
        RecordEncoder.appendHeader(
            kind: RecordFormat.sparseKind,
            term: header.term,
            index: header.index,
            size: size,
            to: &bytes
        )
        bytes.append(little: created.microseconds)
        bytes.append(little: UInt32(truncatingIfNeeded: runs.count))
        for run in runs {
            bytes.append(little: UInt16(truncatingIfNeeded: run.stream.utf8.count))
            bytes.append(contentsOf: run.stream.utf8)
            bytes.append(little: UInt64(run.version))
            bytes.append(little: UInt64(run.position))
            bytes.append(little: UInt32(truncatingIfNeeded: run.events.count))
            for event in run.events { bytes.append(contentsOf: event) }
        }
        RecordEncoder.seal(&bytes, at: start, size: size, flushed: header.flushed)
    }

    // MARK: Facts

    private mutating func takeFacts(
        _ frame: UnsafeRawBufferPointer,
        _ header: RecordHeader,
        at offset: Int
    ) throws(Malformed) {
        var body = try FactsBody(frame: frame)
        var changes: [FactChange] = []
        var count = 0
        while let change = try body.next() {
            count += 1
            if isLeft(change, header.index, at: offset) {
                changes.append(FactChange(change.space, change.key, change.value.map { Array($0) }))
            }
        }
        // Of two changes of one key in a record only the later is left.
        var last: [FactPlace: Int] = [:]
        for (number, change) in changes.enumerated() { last[FactPlace(change)] = number }
        changes = changes.enumerated().filter { last[FactPlace($1)] == $0 }.map { $1 }
        facts += count - changes.count
        guard !changes.isEmpty else { return }
        var record = MovedRecord(offset: written + bytes.count)
        record.facts = changes.compactMap { change in
            change.value.map { (change.space, change.key, FactsBody.size(change.key, $0.count)) }
        }
        moved.append(record)
        if changes.count == count {
            bytes.append(contentsOf: frame)
            return
        }
        let start = bytes.count
        let size = FactsBody.size(of: changes)
        FactsBody.append(changes, term: header.term, index: header.index, size: size, to: &bytes)
        RecordEncoder.seal(&bytes, at: start, size: size, flushed: header.flushed)
    }

    private func isLeft(_ change: FactsBody.Change, _ record: UInt64, at offset: Int) -> Bool {
        let present = index.facts[change.space].find(change.key)
        guard change.value != nil else { return present == nil && record > settled }
        return present?.location == RecordLocation(segment: segment.first, offset: offset)
    }
}

/// A fact's name.
private struct FactPlace: Hashable {
    var space: FactSpace
    var key: FactKey

    init(_ change: FactChange) {
        space = change.space
        key = change.key
    }
}
