/// Finds processes by key: each key is held by at most one living process, with a value of the holder's.
///
/// A lookup never returns a dead process, and a key is free before anyone learns that its holder has ended. Keys can be of
/// any hashable type. After Elixir's `Registry` with unique keys.
///
/// ```swift
/// let rooms = Registry<RoomID, Void>()
/// try rooms.register(room, for: context)
/// try await rooms.find(room, as: Room.self)?.call { $0.join(user) }
/// ```
public final class Registry<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        var holder: ProcessCell
        var value: Value
        /// A process that has not finished starting holds its key, but is not found by it.
        var isStarting: Bool
        /// What the holder knows the registration by.
        var serial: UInt64
    }

    private let shards: [Lock<[Key: Entry]>]

    /// Makes an empty registry.
    /// - Parameter partitions: how many locks share the keys; the contract is the same with any number.
    public init(partitions: Int = 8) {
        shards = (0..<max(1, partitions)).map { _ in Lock([:]) }
    }

    /// Gives `key` to the process of `context` until it ends or unregisters.
    /// - Throws: ``RegistryError/alreadyRegistered(_:)``; the key stays with its holder.
    public func register(_ key: Key, _ value: Value, for context: ProcessContext) throws(RegistryError) {
        try reserve(key, value, for: context.cell, isStarting: false)
    }

    /// Takes `key` back from the process of `context`; fine if it does not hold it.
    public func unregister(_ key: Key, for context: ProcessContext) {
        guard let serial = release(key, by: context.cell) else { return }
        context.cell.state.withLock { _ = $0.relations.registrations.removeValue(forKey: serial) }
    }

    /// The process that holds `key`, with its value.
    public func lookup<Target: ProcessActor>(_ key: Key, as type: Target.Type) -> (process: Ref<Target>, value: Value)?
    {
        guard let entry = entry(for: key), entry.holder.runs(type) else { return nil }
        return (Ref(entry.holder), entry.value)
    }

    /// The process that holds `key`.
    public func find<Target: ProcessActor>(_ key: Key, as type: Target.Type) -> Ref<Target>? {
        lookup(key, as: type)?.process
    }

    /// How many keys are held.
    public var count: Int {
        shards.reduce(0) { sum, shard in sum + shard.withLock { $0.count } }
    }

    /// The keys that are held, in no order.
    public var keys: [Key] {
        shards.flatMap { shard in shard.withLock { Array($0.keys) } }
    }

    // MARK: For the runtime

    func holder(of key: Key) -> ProcessCell? {
        entry(for: key)?.holder
    }

    func reserve(_ key: Key, _ value: Value, for cell: ProcessCell, isStarting: Bool) throws(RegistryError) {
        let serial = cell.runtime.nextSerial()
        let holder = shard(for: key).withLock { entries -> ProcessCell? in
            if let present = entries[key], !present.holder.gate.isDead { return present.holder }
            entries[key] = Entry(holder: cell, value: value, isStarting: isStarting, serial: serial)
            return nil
        }
        if let holder { throw .alreadyRegistered(holder.id) }
        let registered = cell.state.withLock { state -> Bool in
            if case .dead = state.phase { return false }
            state.relations.registrations[serial] = { [self] in _ = release(key, by: cell) }
            return true
        }
        if !registered { _ = release(key, by: cell) }
    }

    func publish(_ key: Key, by cell: ProcessCell) {
        shard(for: key).withLock { entries in
            if entries[key]?.holder === cell { entries[key]?.isStarting = false }
        }
    }

    /// - Returns: what the holder knows the registration by, if it held the key.
    private func release(_ key: Key, by cell: ProcessCell) -> UInt64? {
        shard(for: key).withLock { entries in
            guard let entry = entries[key], entry.holder === cell else { return nil }
            entries[key] = nil
            return entry.serial
        }
    }

    private func entry(for key: Key) -> Entry? {
        let entry = shard(for: key).withLock { $0[key] }
        guard let entry, !entry.isStarting, !entry.holder.gate.isDead else { return nil }
        return entry
    }

    private func shard(for key: Key) -> Lock<[Key: Entry]> {
        shards[Int(UInt(bitPattern: key.hashValue) % UInt(shards.count))]
    }
}

extension Registry where Value == Void {
    /// Gives `key` to the process of `context` until it ends or unregisters.
    /// - Throws: ``RegistryError/alreadyRegistered(_:)``; the key stays with its holder.
    public func register(_ key: Key, for context: ProcessContext) throws(RegistryError) {
        try register(key, (), for: context)
    }
}

/// Why a key could not be registered.
public enum RegistryError: Error, Sendable, Equatable {
    /// Somebody holds it.
    case alreadyRegistered(ProcessID)
}
