import Mangrove

/// What is in force for each store, for whoever takes requests to it: looked up at each use, so that a change counts at once.
final class StoreControls: Sendable {
    private struct Entry {
        var profile: StoreProfile
        var bucket: TokenBucket?
        /// Connections that have the store in use.
        var connections = 0
        /// Bytes that were free on its disk when somebody looked last.
        var freeBytes: Int?
        /// Tells it from that of a later store of the same name.
        var number: Int
    }

    private let entries = Lock<[String: Entry]>([:])
    /// What every append asks for, so that it is found at once.
    private let terms = Lock<[String: AppendTerms]>([:])
    private let last = Lock(0)
    private let standard: StoreSettings

    /// - Parameter standard: how stores are run of which nothing is known.
    init(_ standard: StoreSettings) {
        self.standard = standard
    }

    /// From now on this is in force.
    func govern(_ store: String, _ profile: StoreProfile) {
        let number = last.withLock { last in
            last += 1
            return last
        }
        entries.withLock { entries in
            let before = entries[store]
            entries[store] = Entry(
                profile: profile,
                bucket: before?.profile.resolved.settings.appendRate == profile.resolved.settings.appendRate
                    ? before?.bucket : nil,
                connections: before?.connections ?? 0,
                freeBytes: before?.freeBytes,
                number: before?.number ?? number
            )
            terms.withLock { $0[store] = entries[store].map { AppendTerms($0.profile, freeBytes: $0.freeBytes) } }
        }
    }

    /// Forgets a store that was removed.
    func forget(_ store: String) {
        entries.withLock { entries in
            entries[store] = nil
            terms.withLock { $0[store] = nil }
        }
    }

    /// What an append to a store is held to.
    func terms(of store: String) -> AppendTerms {
        terms.withLock { $0[store] } ?? AppendTerms(standard)
    }

    /// How a store is run.
    func settings(of store: String) -> StoreSettings {
        entries.withLock { $0[store]?.profile.resolved.settings } ?? standard
    }

    /// How much a store's streams keep that say nothing of it themselves.
    func retention(of store: String) -> StoreRetention {
        entries.withLock { $0[store]?.profile.resolved.retention } ?? StoreRetention()
    }

    /// Notes how much is free on a store's disk.
    func note(free: Int, of store: String) {
        entries.withLock { entries in
            entries[store]?.freeBytes = free
            terms.withLock { $0[store]?.room.freeBytes = free }
        }
    }

    // MARK: Events a second

    /// Counts events that are about to be appended.
    /// - Throws: ``StoreError/limited(_:retryAfter:)`` if they come too soon; they are not counted then.
    func take(_ count: Int, in store: String, at now: RuntimeInstant) throws(StoreError) {
        guard count > 0 else { return }
        let refusal: (limit: RateLimit, pause: Duration)? = entries.withLock { entries in
            guard let limit = entries[store]?.profile.resolved.settings.appendRate else { return nil }
            var bucket = entries[store]?.bucket ?? TokenBucket(limit)
            let pause = bucket.take(count, at: now)
            entries[store]?.bucket = bucket
            return pause.map { (limit, $0) }
        }
        guard let refusal else { return }
        throw .limited(
            "store '\(store)' takes at most \(refusal.limit.perSecond) events a second",
            retryAfter: refusal.pause
        )
    }

    // MARK: Connections

    /// Counts one more connection that has the store in use.
    /// - Returns: what to leave it with; nil if it was not counted, because the store is not there.
    /// - Throws: ``StoreError/limitReached(store:_:)`` if there are as many as there may be.
    func enter(_ store: String) throws(StoreError) -> Int? {
        try entries.withLock { entries throws(StoreError) in
            // The request itself will say so.
            guard let entry = entries[store] else { return nil }
            if let limit = entry.profile.resolved.limits.connections, entry.connections >= limit {
                let use = StoreLimitUse(.connections, limit: limit, used: entry.connections)
                throw .limitReached(store: store, use)
            }
            entries[store]?.connections += 1
            return entry.number
        }
    }

    /// One connection has left the store.
    func leave(_ store: String, _ number: Int) {
        entries.withLock { entries in
            if entries[store]?.number == number { entries[store]?.connections -= 1 }
        }
    }

    // MARK: Showing

    /// The limits of a store with what is used of each.
    func uses(of store: String, _ engine: StoreEngine?) -> [StoreLimitUse] {
        guard let entry = entries.withLock({ $0[store] }) else { return [] }
        let limits = entry.profile.resolved.limits
        var uses: [StoreLimitUse] = []
        if let limit = limits.memoryBytes, let engine {
            uses.append(StoreLimitUse(.memory, limit: limit, used: engine.memoryBytes))
        }
        if let limit = limits.connections {
            uses.append(StoreLimitUse(.connections, limit: limit, used: entry.connections))
        }
        if let limit = limits.diskBytes, let engine {
            uses.append(StoreLimitUse(.disk, limit: limit, used: engine.diskBytes))
        }
        return uses
    }
}
