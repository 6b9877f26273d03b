import Mangrove

/// A store as of one moment: the files of its log, and how far each belongs to it.
///
/// Nothing of that changes any more: a segment that is whole never does, of the last one only what comes behind the cut.
struct LogCut: Sendable {
    /// What the store's directory says of it.
    var manifest: Manifest
    /// The segments that hold records, in order; the last one is only whole up to its end.
    var segments: [StoreIndex.Segment]
    /// The last record.
    var record: UInt64
    /// How many events there had been; the position after the last.
    var events: Int
}

/// Keeps the files of a cut in place while they are copied: a compaction removes none until the pin is released.
final class LogPin: Sendable {
    private let engine: StoreEngine
    private let isHeld = Lock(true)

    fileprivate init(_ engine: StoreEngine) {
        self.engine = engine
    }

    deinit {
        // Without touching the disk: what is to go is then removed by the next compaction.
        if let engine = take() { engine.published.withLock { $0.walkers -= 1 } }
    }

    /// Lets go, and removes what only waited for this. Blocks. Twice is fine.
    func release() {
        take()?.unpin()
    }

    private func take() -> StoreEngine? {
        isHeld.withLock { held in
            defer { held = false }
            return held ? engine : nil
        }
    }
}

extension StoreEngine {
    /// Takes the cuts of several stores at one moment, and pins the files of each.
    ///
    /// All of them are held still together: whatever became visible in one of them before the cut is in its cut, so an
    /// event is never there without those in the other stores that whoever appended it could have seen. That lasts for
    /// microseconds, and for no disk work.
    ///
    /// - Parameter engines: in an order that is the same for all callers; those of no store twice.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if one has failed or is closed; nothing is pinned then.
    static func cut(_ engines: [StoreEngine]) throws(StoreError) -> [(cut: LogCut, pin: LogPin)] {
        var cuts: [LogCut] = []
        try hold(engines[...], &cuts)
        return zip(engines, cuts).map { (cut: $1, pin: LogPin($0)) }
    }

    private static func hold(_ engines: ArraySlice<StoreEngine>, _ cuts: inout [LogCut]) throws(StoreError) {
        guard let engine = engines.first else { return }
        let (store, manifest) = (engine.store, engine.manifest)
        try engine.published.withLock { published throws(StoreError) in
            if let failure = published.failure { throw .unavailable(store: store, why: failure.why) }
            if published.closed { throw .unavailable(store: store, why: "it is closed") }
            let image = published.index.image
            cuts.append(
                LogCut(
                    manifest: manifest,
                    segments: image.segments,
                    record: image.lastIndex,
                    events: image.offsets.count
                )
            )
            try hold(engines.dropFirst(), &cuts)
            // Last, so that nothing stays pinned if one of the others is not there.
            published.walkers += 1
        }
    }

    fileprivate func unpin() {
        published.withLock { $0.walkers -= 1 }
        // What cannot be removed now is removed by the next start.
        try? removeObsolete()
    }
}
