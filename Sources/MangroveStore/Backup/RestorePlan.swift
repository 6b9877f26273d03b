import Mangrove

/// What of a store's log is taken over: all of it, or all up to a record.
///
/// The log is cut between two records, because a record is what was appended as a whole. What compaction has removed from
/// a segment was decided with later records; a log cut before those would lack events without saying why, and so is
/// refused.
struct RestorePlan: Sendable {
    let store: BackupManifest.Store
    /// The segments to be copied, with how many of their bytes.
    private(set) var segments: [(file: BackupManifest.File, bytes: Int)] = []
    /// The last record that is taken over.
    private(set) var record: UInt64
    /// The position after the last event that is.
    private(set) var events: Int
    /// The segment that has to be begun because the last one taken over cannot be written to.
    private(set) var begins: UInt64?

    /// Decides, by reading the log where that is needed. Blocks.
    /// - Throws: ``StoreError/refused(_:)`` if there is no such point in the backup, with where it begins or ends.
    init(
        _ target: BackupTarget,
        _ backup: BackupManifest,
        _ store: BackupManifest.Store,
        upTo point: RestoreRequest.Point
    ) throws(StoreError) {
        self.store = store
        record = store.record
        events = store.events
        let files = store.files.filter { $0.segment != nil }
            .sorted { $0.segment?.first ?? 0 < $1.segment?.first ?? 0 }
        segments = files.map { ($0, $0.bytes) }
        switch point {
        case .end: break
        case .position(let position):
            guard position < store.events else {
                throw .refused("backup \(backup.number) of store '\(store.id)' ends before position \(position)")
            }
            // A batch that goes on behind the position is left out as a whole: it was appended as one.
            try cut(target) { $0.positions.upperBound - 1 > position }
        case .time(let time):
            guard backup.made > time else {
                throw .refused("backup \(backup.number) was made at \(backup.made), which is not after \(time)")
            }
            try cut(target) { $0.created > time }
        }
        if segments.last?.file.segment?.generation ?? 1 > 0 { begins = record + 1 }
    }

    /// Cuts before the first record of events for which this holds.
    private mutating func cut(_ target: BackupTarget, before isBehind: (EventsSummary) -> Bool) throws(StoreError) {
        var decided: UInt64 = 0
        for (number, segment) in segments.enumerated() {
            guard let id = segment.file.segment else { continue }
            var walk = try FrameWalk(target, store, segment.file, id)
            defer { walk.close() }
            decided = max(decided, walk.decided)
            while let (header, summary) = try walk.next() {
                guard let summary, isBehind(summary) else { continue }
                record = header.index - 1
                events = summary.positions.lowerBound
                segments = Array(segments[...number])
                segments[number].bytes = walk.offset - header.size
                // In a segment that was rewritten there is no place to cut.
                if id.generation > 0 { decided = max(decided, header.index) }
                guard decided <= record else {
                    throw .refused(
                        "compaction has removed events of store '\(store.id)' that were there at that point: this backup"
                            + " goes back to record \(decided), the point is record \(record); an older backup may reach it"
                    )
                }
                return
            }
        }
    }

    /// Whether any event that is taken over is encrypted. Blocks.
    /// - Throws: ``StoreError``.
    func hasSealedEvents(_ target: BackupTarget) throws(StoreError) -> Bool {
        for segment in segments {
            guard let id = segment.file.segment else { continue }
            var walk = try FrameWalk(target, store, segment.file, id)
            defer { walk.close() }
            while walk.offset < segment.bytes, let (_, summary) = try walk.next() {
                if summary?.hasSealedEvents == true { return true }
            }
        }
        return false
    }
}
