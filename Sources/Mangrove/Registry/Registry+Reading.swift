extension Registry {
    /// The process that holds `key`, with its value; nil if nobody does, or its actor is of another kind.
    ///
    /// Source: `Registry.lookup/2`, which may return the dead; this does not.
    @inlinable
    public func lookup<Target: ProcessActor>(_ key: Key, as type: Target.Type) -> (process: Ref<Target>, value: Value)?
    {
        guard let entry = found(key), entry.holder.runs(type) else { return nil }
        return (Ref(entry.holder), entry.value)
    }

    /// The process that holds `key`.
    @inlinable
    public func find<Target: ProcessActor>(_ key: Key, as type: Target.Type) -> Ref<Target>? {
        lookup(key, as: type)?.process
    }

    /// Who holds `key`, whatever kind of actor it is.
    public func entry(_ key: Key) -> RegistryEntry<Key, Value>? {
        found(key).map { entry(key, $0) }
    }

    /// Who holds `key`, if its value is one that is `wanted`. The key is taken literally. Source: `Registry.match/4`.
    public func entry(_ key: Key, where wanted: (Value) throws -> Bool) rethrows -> RegistryEntry<Key, Value>? {
        guard let entry = entry(key), try wanted(entry.value) else { return nil }
        return entry
    }

    /// How many keys are held.
    public var count: Int {
        shards.reduce(0) { sum, shard in sum + shard.withLock { $0.entries.count } }
    }

    /// How many registrations are `wanted`. Source: `Registry.count_match/4`, `Registry.count_select/2`.
    public func count(where wanted: (RegistryEntry<Key, Value>) throws -> Bool) rethrows -> Int {
        try entries.count(where: wanted)
    }

    /// The keys that are held, those taken first first.
    public var keys: [Key] {
        sorted { $0.entries.map { (key: $0.key, value: $0.value.serial) } }.map(\.key)
    }

    /// The keys that `process` holds, those it took first first; none if it has ended. Source: `Registry.keys/2`.
    public func keys<Target: ProcessActor>(of process: Ref<Target>) -> [Key] {
        keys(of: AnyRef(process))
    }

    /// The keys that `process` holds, those it took first first; none if it has ended.
    public func keys(of process: AnyRef) -> [Key] {
        guard !process.isDead else { return [] }
        return sorted { $0.owners.holdings(of: process.id).map { (key: $0.key, value: $0.value.order) } }.map(\.key)
    }

    /// The value that `process` has under `key`; nil if it does not hold it, or has ended. Source: `Registry.values/3`.
    public func value<Target: ProcessActor>(of key: Key, for process: Ref<Target>) -> Value? {
        found(key).flatMap { $0.holder === process.cell ? $0.value : nil }
    }

    /// All registrations of the living, oldest first.
    ///
    /// Each partition is seen at one moment, the whole is not.
    public var entries: [RegistryEntry<Key, Value>] {
        // Sorted, because a dictionary's order differs from run to run, and a simulated run must not.
        shards.flatMap { shard in shard.withLock { Array($0.entries) } }
            .filter(\.value.isFound).sorted { $0.value.serial < $1.value.serial }.map { entry($0.key, $0.value) }
    }

    private func sorted(_ part: (Shard) -> [(key: Key, value: UInt64)]) -> [(key: Key, value: UInt64)] {
        shards.flatMap { shard in part(shard.withLock { $0 }) }.sorted { $0.value < $1.value }
    }

    /// What `transform` makes of the registrations, without those it makes nothing of, oldest first. Source:
    /// `Registry.select/2`, with a closure in place of a match specification.
    ///
    /// ```swift
    /// let full = rooms.select { $0.value.users > 100 ? $0.key : nil }
    /// ```
    public func select<Result>(_ transform: (RegistryEntry<Key, Value>) throws -> Result?) rethrows -> [Result] {
        try entries.compactMap(transform)
    }

    /// Runs `body` in the caller with the holder of `key` and its value; not at all if nobody holds it, or another kind of
    /// actor does. Source: `Registry.dispatch/4`.
    /// - Returns: whether it ran.
    @discardableResult
    public func dispatch<Target: ProcessActor>(
        _ key: Key,
        as type: Target.Type,
        _ body: (Ref<Target>, Value) throws -> Void
    ) rethrows -> Bool {
        guard let (process, value) = lookup(key, as: type) else { return false }
        try body(process, value)
        return true
    }

    /// Runs `body` while nobody else holds the lock of `key`, in the order in which callers came.
    ///
    /// The lock belongs to the key, whether or not it is registered. It is given back when `body` returns or throws, and
    /// when the process in whose turn this is called ends, even if `body` does not notice; a caller that is cancelled while
    /// it waits gives its place up. Not recursive: `body` asking for the same key's lock waits for itself. Source:
    /// `Registry.lock/3`.
    /// - Throws: `CancellationError` if cancelled while waiting; what `body` throws.
    public func withLock<Result>(_ key: Key, _ body: () async throws -> Result) async throws -> Result {
        try await keyLocks.withLock(key, body)
    }
}
