/// Finds processes by key: each key is held by at most one living process, with a value of the holder's.
///
/// A lookup never returns a dead process, and a key is free before anyone learns that its holder has ended. Keys can be of
/// any hashable type. Where several processes share a key use ``DuplicateRegistry``. After Elixir's `Registry` with unique
/// keys; unlike there, a registry is no process that could crash and take its registrants along.
///
/// ```swift
/// let rooms = Registry<RoomID, Void>()
/// try rooms.register(room, for: context)
/// try await rooms.find(room, as: Room.self)?.call { $0.join(user) }
/// ```
public final class Registry<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    @usableFromInline
    struct Entry: Sendable {
        @usableFromInline var holder: ProcessCell
        @usableFromInline var value: Value
        /// Grows from one registration to the next.
        let serial: UInt64
        /// Counts the changes of the value.
        var version: UInt64 = 0
        /// A process that has not finished starting holds its key, but is not found by it.
        @usableFromInline var isStarting: Bool

        @inlinable var isFound: Bool {
            #if DEBUG || MANGROVE_FAULTS
                if isFoundInAnyCase { return true }
            #endif
            return !isStarting && !holder.gate.isDead
        }

        #if DEBUG || MANGROVE_FAULTS
            @usableFromInline var isFoundInAnyCase: Bool { !isStarting && holder.runtime.isBroken(.findsTheDead) }
        #endif

        func isSame(as other: Entry) -> Bool { serial == other.serial && version == other.version }
    }

    @usableFromInline
    struct Shard: Sendable {
        @usableFromInline var entries: [Key: Entry] = [:]
        var owners = KeyOwners<Key>()
    }

    /// What is noted on the registry itself, beside its keys.
    public let notes = RegistryNotes()

    @usableFromInline let shards: [Lock<Shard>]
    let listeners = RegistryListeners<Key, Value>()
    let keyLocks = KeyLocks<Key>()

    /// Makes an empty registry.
    /// - Parameter partitions: how many locks share the keys: more for a registry that changes often on many cores. The
    ///   contract is the same with any number.
    public init(partitions: Int = 1) {
        shards = (0..<max(1, partitions)).map { _ in Lock(Shard()) }
    }

    /// Gives `key` to the process of `context` until it ends or unregisters.
    ///
    /// A process that has ended, though its code still runs, registers nothing. Source: `Registry.register/3`.
    /// - Throws: ``RegistryError/alreadyRegistered(_:)``, also to the holder itself; the key stays with its holder, and its
    ///   value is not changed.
    public func register(_ key: Key, _ value: Value, for context: ProcessContext) throws(RegistryError) {
        try reserve(key, value, for: context.cell, isStarting: false)
    }

    /// Takes `key` back from the process of `context`; fine if it does not hold it. Source: `Registry.unregister/2`.
    public func unregister(_ key: Key, for context: ProcessContext) {
        unregister(key, for: context, where: { _ in true })
    }

    /// Takes `key` back from the process of `context` if it holds it with an `unwanted` value.
    ///
    /// If another task of the same process changes the value meanwhile, the newer one is looked at too.
    /// - Returns: whether it was taken back. Source: `Registry.unregister_match/4`.
    @discardableResult
    public func unregister(_ key: Key, for context: ProcessContext, where unwanted: (Value) -> Bool) -> Bool {
        let shard = shard(for: key)
        while let seen = shard.withLock({ $0.entries[key] }), seen.holder === context.cell, unwanted(seen.value) {
            let done = shard.withLock { shard in
                guard let entry = shard.entries[key], entry.isSame(as: seen) else { return false }
                shard.entries[key] = nil
                shard.owners.remove(key, of: context.cell)
                listeners.tell(.unregistered(self.entry(key, entry)))
                return true
            }
            if done { return true }
        }
        return false
    }

    /// Changes the value that the process of `context` has under `key`.
    ///
    /// Others see the old value or the new one. If another task of the same process changes the value meanwhile, `change`
    /// runs once more, on the newer one. Source: `Registry.update_value/3`.
    ///
    /// ```swift
    /// try rooms.update(room, for: context) { $0 + 1 }
    /// ```
    /// - Returns: the new value and the one before.
    /// - Throws: ``NotRegistered`` if the process does not hold the key; `change` is not run then.
    @discardableResult
    public func update(
        _ key: Key,
        for context: ProcessContext,
        _ change: (Value) -> Value
    ) throws(NotRegistered) -> (new: Value, old: Value) {
        while let entry = shard(for: key).withLock({ $0.entries[key] }), entry.holder === context.cell, entry.isFound {
            let new = change(entry.value)
            let done = shard(for: key).withLock { shard in
                guard shard.entries[key]?.isSame(as: entry) ?? false else { return false }
                shard.entries[key]?.value = new
                shard.entries[key]?.version = entry.version + 1
                return true
            }
            if done { return (new, entry.value) }
        }
        throw NotRegistered()
    }

    /// Tells `process` what happens to the keys of this registry: each event is a turn of that process.
    ///
    /// The events of one key arrive in the order in which they happened; those of keys in different partitions in any. They are signals, exempt from the mailbox's bound.
    /// An error thrown by `handler` ends the process. That a holder *ended* is only told where asked for: a listener that
    /// needs the reason monitors the holder. Source: the `listeners` option of `Registry`.
    ///
    /// ```swift
    /// rooms.listen(as: try context.ref(as: Lobby.self)) { lobby, event in lobby.note(event) }
    /// ```
    /// - Parameter includingEnds: whether keys that become free because their holder ended are told too.
    @discardableResult
    public func listen<Target: ProcessActor & Actor>(
        as process: Ref<Target>,
        includingEnds: Bool = false,
        _ handler: @escaping @Sendable (isolated Target, RegistryEvent<Key, Value>) async throws -> Void
    ) -> Watch {
        listeners.add(process, includingEnds: includingEnds, handler)
    }

    // MARK: For the runtime

    @inlinable
    func holder(of key: Key) -> ProcessCell? {
        found(key)?.holder
    }

    func reserve(_ key: Key, _ value: Value, for cell: ProcessCell, isStarting: Bool) throws(RegistryError) {
        let index = shardIndex(for: key)
        let holder = shards[index].withLock { shard -> ProcessCell? in
            if let present = shard.entries[key] {
                // One that has ended, but whose keys are still being released, does not hold them any more.
                guard present.holder.gate.isDead else { return present.holder }
                shard.entries[key] = nil
                shard.owners.remove(key, of: present.holder)
                listeners.tell(.unregistered(entry(key, present)), ended: true)
            }
            guard shard.owners.add(key, of: cell, release: { [self] in release(cell, in: index) }) else { return nil }
            let serial = cell.runtime.nextSerial()
            let new = Entry(holder: cell, value: value, serial: serial, isStarting: isStarting)
            shard.entries[key] = new
            if !isStarting { listeners.tell(.registered(entry(key, new))) }
            return nil
        }
        if let holder { throw .alreadyRegistered(holder.id) }
    }

    func publish(_ key: Key, by cell: ProcessCell) {
        shard(for: key).withLock { shard in
            if shard.entries[key]?.holder === cell { shard.entries[key]?.isStarting = false }
        }
    }

    @inlinable
    func found(_ key: Key) -> Entry? {
        let entry = shard(for: key).withLock { $0.entries[key] }
        guard let entry, entry.isFound else { return nil }
        return entry
    }

    func entry(_ key: Key, _ entry: Entry) -> RegistryEntry<Key, Value> {
        RegistryEntry(key: key, value: entry.value, process: AnyRef(entry.holder))
    }

    private func release(_ cell: ProcessCell, in index: Int) {
        shards[index].withLock { shard in
            for key in shard.owners.removeAll(of: cell.id) {
                guard let entry = shard.entries[key], entry.holder === cell else { continue }
                shard.entries[key] = nil
                listeners.tell(.unregistered(self.entry(key, entry)), ended: true)
            }
        }
    }

    @inlinable
    func shardIndex(for key: Key) -> Int {
        shards.count == 1 ? 0 : Int(UInt(bitPattern: key.hashValue) % UInt(shards.count))
    }

    @inlinable
    func shard(for key: Key) -> Lock<Shard> {
        shards[shardIndex(for: key)]
    }
}

extension Registry where Value == Void {
    /// Gives `key` to the process of `context` until it ends or unregisters.
    /// - Throws: ``RegistryError/alreadyRegistered(_:)``; the key stays with its holder.
    public func register(_ key: Key, for context: ProcessContext) throws(RegistryError) {
        try register(key, (), for: context)
    }
}
