extension DuplicateRegistry {
    /// The processes that hold `key`, with their values, oldest entry first; actors of other kinds are left out.
    ///
    /// Source: `Registry.lookup/2`, which may return the dead; this does not.
    public func lookup<Target: ProcessActor>(
        _ key: Key,
        as type: Target.Type
    ) -> [(process: Ref<Target>, value: Value)] {
        found(key).compactMap { $0.holder.runs(type) ? (Ref($0.holder), $0.value) : nil }
    }

    /// The entries of `key`, oldest first, whatever kinds of actors hold them.
    public func entries(of key: Key) -> [RegistryEntry<Key, Value>] {
        found(key).map { entry(key, $0) }
    }

    /// The entries of `key` whose values are `wanted`, oldest first. The key is taken literally. Source:
    /// `Registry.match/4`.
    public func entries(
        of key: Key,
        where wanted: (Value) throws -> Bool
    ) rethrows -> [RegistryEntry<Key, Value>] {
        try entries(of: key).filter { try wanted($0.value) }
    }

    /// How many entries there are.
    public var count: Int {
        shards.reduce(0) { sum, shard in sum + shard.withLock { $0.entries.values.reduce(0) { $0 + $1.count } } }
    }

    /// How many entries are `wanted`. Source: `Registry.count_match/4`, `Registry.count_select/2`.
    public func count(where wanted: (RegistryEntry<Key, Value>) throws -> Bool) rethrows -> Int {
        try entries.count(where: wanted)
    }

    /// The keys that are held, each once; the one whose oldest entry is the oldest of all comes first.
    public var keys: [Key] {
        var seen: Set<Key> = []
        return entries.map(\.key).filter { seen.insert($0).inserted }
    }

    /// The keys that `process` holds, each as often as it does, those it took first first; none if it has ended. Source:
    /// `Registry.keys/2`.
    public func keys<Target: ProcessActor>(of process: Ref<Target>) -> [Key] {
        keys(of: AnyRef(process))
    }

    /// The keys that `process` holds, each as often as it does, those it took first first; none if it has ended.
    public func keys(of process: AnyRef) -> [Key] {
        guard !process.isDead else { return [] }
        return shards.flatMap { shard in shard.withLock { Array($0.owners.holdings(of: process.id)) } }
            .sorted { $0.value.order < $1.value.order }
            .flatMap { repeatElement($0.key, count: $0.value.count) }
    }

    /// The values that `process` has under `key`, oldest first; none if it has ended. Source: `Registry.values/3`.
    public func values<Target: ProcessActor>(of key: Key, for process: Ref<Target>) -> [Value] {
        found(key).filter { $0.holder === process.cell }.map(\.value)
    }

    /// All entries of the living, oldest first.
    ///
    /// Each partition is seen at one moment, the whole is not.
    public var entries: [RegistryEntry<Key, Value>] {
        // Sorted, because a dictionary's order differs from run to run, and a simulated run must not.
        shards.flatMap { shard in shard.withLock { Array($0.entries) } }
            .flatMap { key, list in list.all.map { (key: key, entry: $0) } }
            .filter { !$0.entry.holder.gate.isDead }
            .sorted { $0.entry.serial < $1.entry.serial }
            .map { entry($0.key, $0.entry) }
    }

    /// What `transform` makes of the entries, without those it makes nothing of. Source: `Registry.select/2`, with a closure
    /// in place of a match specification.
    public func select<Result>(_ transform: (RegistryEntry<Key, Value>) throws -> Result?) rethrows -> [Result] {
        try entries.compactMap(transform)
    }

    /// Runs `body` once, in the caller, with everyone who holds `key`; not at all if nobody does. Source:
    /// `Registry.dispatch/4`.
    ///
    /// ```swift
    /// listeners.dispatch(.deploys, as: Bot.self) { bots in for (bot, _) in bots { try? bot.cast { $0.wake() } } }
    /// ```
    /// - Throws: what `body` throws.
    public func dispatch<Target: ProcessActor>(
        _ key: Key,
        as type: Target.Type,
        _ body: ([(process: Ref<Target>, value: Value)]) throws -> Void
    ) rethrows {
        let found = lookup(key, as: type)
        if !found.isEmpty { try body(found) }
    }

    /// Runs `body` for everyone who holds `key`, at most `width` at a time, in tasks of their own, and waits for all.
    ///
    /// For what takes time at each of them, such as a call. If one throws, those under way are cancelled and awaited, no
    /// more are begun, and the first error is thrown. Cancelling the caller cancels them. Source: `Registry.dispatch/4` with
    /// `parallel: true`.
    /// - Parameter width: how many may run at once; at least 1.
    /// - Throws: what `body` throws.
    public func dispatch<Target: ProcessActor>(
        _ key: Key,
        as type: Target.Type,
        concurrently width: Int,
        _ body: @escaping @Sendable (Ref<Target>, Value) async throws -> Void
    ) async throws {
        let found = lookup(key, as: type)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (place, one) in found.enumerated() {
                if place >= max(1, width) { try await group.next() }
                group.addTask { try await body(one.process, one.value) }
            }
            try await group.waitForAll()
        }
    }

    /// Runs `body` while nobody else holds the lock of `key`; see ``Registry/withLock(_:_:)``.
    /// - Throws: `CancellationError` if cancelled while waiting; what `body` throws.
    public func withLock<Result>(_ key: Key, _ body: () async throws -> Result) async throws -> Result {
        try await keyLocks.withLock(key, body)
    }
}
