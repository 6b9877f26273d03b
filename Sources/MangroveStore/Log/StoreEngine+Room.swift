import Mangrove

extension StoreEngine {
    /// About how many bytes of memory the index takes.
    package var memoryBytes: Int {
        published.withLock { $0.index.memoryBytes }
    }

    /// Bytes of the log and of its checkpoint. Space that is prepared behind the records is not counted: it never goes past
    /// what the store may have.
    package var diskBytes: Int {
        published.withLock { $0.diskBytes }
    }

    /// Sees whether a record fits into what the store may hold, everything that is staged counted in.
    /// - Throws: ``StoreError/limitReached(store:_:)``.
    func check(_ room: StoreRoom, for parts: [DraftPart], _ staging: StagingArea) throws(StoreError) {
        guard room != StoreRoom() else { return }
        let size = RecordEncoder.size(of: parts)
        if let free = room.freeBytes, case let needed = size + staging.stagedBytes + StoreRoom.reserve, needed > free {
            throw .limitReached(store: store, StoreLimitUse(.free, limit: needed, used: free))
        }
        if let limit = room.diskBytes, case let used = diskBytes + staging.stagedBytes, used + size > limit {
            throw .limitReached(store: store, StoreLimitUse(.disk, limit: limit, used: used))
        }
        guard let limit = room.memoryBytes else { return }
        let memory = memoryBytes
        let events = staging.nextPosition - eventCount + parts.reduce(0) { $0 + $1.events.count }
        if memory + events * StoreIndex.bytesPerEvent > limit {
            throw .limitReached(store: store, StoreLimitUse(.memory, limit: limit, used: memory))
        }
    }

    /// How many bytes may be taken for space behind the records: not more than the store may have, and a small part of what is
    /// free.
    func spare(in room: StoreRoom, beside bytes: Int) -> Int {
        var spare = room.freeBytes.map { $0 / 16 } ?? .max
        if let limit = room.diskBytes { spare = min(spare, limit - diskBytes - bytes) }
        return max(spare, 0)
    }
}

extension StoreEngine.Published {
    var diskBytes: Int { index.image.segments.reduce(0) { $0 + $1.end } + checkpointBytes }
}

extension StoreIndex {
    /// The most that an event takes, its tags aside.
    static let bytesPerEvent = 32
    private static let bytesPerName = 200
    private static let bytesPerFact = 150

    /// About how many bytes of memory it takes, counted as its documentation says: an event that is gone still counts.
    package var memoryBytes: Int {
        let names = streams.count + types.count + tags.count
        return eventCount * Self.bytesPerEvent + names * Self.bytesPerName + facts.count * Self.bytesPerFact
            + facts.weight
    }
}
