import Mangrove

extension StoreEngine {
    /// How many durable events and changes of facts no checkpoint covers, and so would be read when the store is opened.
    package var uncovered: Int {
        published.withLock { $0.index.added - $0.covered }
    }

    /// Whether so much is not covered that a checkpoint should not wait for its time: opening the store would take long.
    package var needsCheckpoint: Bool {
        published.withLock { published in
            !published.checkpointing
                && published.index.added - published.covered >= max(1_000_000, published.index.eventCount / 8)
        }
    }

    /// Writes an index checkpoint, durably, and removes the older one. Blocks; appends and reads go on meanwhile.
    ///
    /// - Returns: how many events it covers, or nil if there was nothing new or another call is writing one.
    /// - Throws: ``StoreError/unavailable(store:why:)``; the older checkpoint is then still there and the engine works on.
    @discardableResult
    package func writeCheckpoint() throws(StoreError) -> Int? {
        try check()
        // Copies references; what is published is durable, so the checkpoint never runs ahead of the log.
        var added = 0
        let copy: StoreIndex.Contents? = published.withLock { published in
            let last = published.index.image.lastIndex
            guard !published.checkpointing, last > 0, published.checkpoint != last else { return nil }
            published.checkpointing = true
            added = published.index.added
            return published.index.contents
        }
        guard let copy else { return nil }
        defer { published.withLock { $0.checkpointing = false } }
        let checkpoints = CheckpointFiles(disk: disk, directory: directory)
        let bytes = try checkpoints.write(copy, identity: manifest.identity)
        published.withLock { published in
            published.checkpoint = copy.image.lastIndex
            published.checkpointBytes = bytes
            published.covered = added
        }
        return copy.image.offsets.count
    }
}
