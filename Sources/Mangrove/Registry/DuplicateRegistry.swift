/// Finds processes by key, where any number of processes may hold a key, and one process may hold it several times.
///
/// For local dispatch: everyone interested in a key registers it, and ``dispatch(_:as:_:)`` reaches them all. A lookup never
/// returns a dead process. Entries of a key come in the order in which they were made. Where a key leads to one process use
/// ``Registry``. After Elixir's `Registry` with duplicate keys.
///
/// ```swift
/// let listeners = DuplicateRegistry<EventKind, Priority>()
/// listeners.register(.deploys, .high, for: context)
/// listeners.dispatch(.deploys, as: Bot.self) { for (bot, _) in $0 { try? bot.cast { $0.wake() } } }
/// ```
public final class DuplicateRegistry<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    struct Entry: Sendable {
        var holder: ProcessCell
        var value: Value
        let serial: UInt64
    }

    struct Shard: Sendable {
        var entries: [Key: OwnedList<ProcessID, Entry>] = [:]
        var owners = KeyOwners<Key>()
    }

    /// What is noted on the registry itself, beside its keys.
    public let notes = RegistryNotes()

    let shards: [Lock<Shard>]
    private let listeners = RegistryListeners<Key, Value>()
    let keyLocks = KeyLocks<Key>()

    /// Makes an empty registry.
    /// - Parameter partitions: how many locks share the keys: more for a registry that changes often on many cores. The
    ///   contract is the same with any number.
    public init(partitions: Int = 1) {
        shards = (0..<max(1, partitions)).map { _ in Lock(Shard()) }
    }

    /// Adds an entry for `key`, held by the process of `context` until it ends or unregisters.
    ///
    /// A process that has ended, though its code still runs, registers nothing. Source: `Registry.register/3`.
    public func register(_ key: Key, _ value: Value, for context: ProcessContext) {
        let index = shardIndex(for: key)
        shards[index].withLock { shard in
            let cell = context.cell
            guard shard.owners.add(key, of: cell, release: { [self] in release(cell, in: index) }) else { return }
            let new = Entry(holder: cell, value: value, serial: cell.runtime.nextSerial())
            shard.entries[key, default: OwnedList()].append(new, of: cell.id)
            listeners.tell(.registered(entry(key, new)))
        }
    }

    /// Takes back all entries of `key` that the process of `context` holds; fine if there are none, and those of others
    /// stay. Source: `Registry.unregister/2`.
    public func unregister(_ key: Key, for context: ProcessContext) {
        unregister(key, for: context, where: { _ in true })
    }

    /// Takes back the entries of `key` that the process of `context` holds with an `unwanted` value.
    /// - Returns: how many were taken back. Source: `Registry.unregister_match/4`.
    @discardableResult
    public func unregister(_ key: Key, for context: ProcessContext, where unwanted: (Value) -> Bool) -> Int {
        let shard = shards[shardIndex(for: key)]
        let own = shard.withLock { $0.entries[key]?.elements(of: context.id) ?? [] }
        let unwanted = Set(own.filter { unwanted($0.value) }.map(\.serial))
        return shard.withLock { shard in
            let gone = shard.entries[key]?.removeAll(of: context.id, where: { unwanted.contains($0.serial) }) ?? []
            if shard.entries[key]?.isEmpty ?? false { shard.entries[key] = nil }
            if !gone.isEmpty { shard.owners.remove(key, of: context.cell, count: gone.count) }
            for one in gone { listeners.tell(.unregistered(entry(key, one))) }
            return gone.count
        }
    }

    /// Tells `process` what happens to the keys of this registry; see ``Registry/listen(as:includingEnds:_:)``.
    /// - Parameter includingEnds: whether entries that are gone because their holder ended are told too.
    @discardableResult
    public func listen<Target: ProcessActor & Actor>(
        as process: Ref<Target>,
        includingEnds: Bool = false,
        _ handler: @escaping @Sendable (isolated Target, RegistryEvent<Key, Value>) async throws -> Void
    ) -> Watch {
        listeners.add(process, includingEnds: includingEnds, handler)
    }

    // MARK: Inside

    func found(_ key: Key) -> [Entry] {
        let list = shards[shardIndex(for: key)].withLock { $0.entries[key] }
        return (list?.all ?? []).filter { !$0.holder.gate.isDead }
    }

    func entry(_ key: Key, _ entry: Entry) -> RegistryEntry<Key, Value> {
        RegistryEntry(key: key, value: entry.value, process: AnyRef(entry.holder))
    }

    private func release(_ cell: ProcessCell, in index: Int) {
        shards[index].withLock { shard in
            for key in shard.owners.removeAll(of: cell.id) {
                let gone = shard.entries[key]?.removeAll(of: cell.id) ?? []
                if shard.entries[key]?.isEmpty ?? false { shard.entries[key] = nil }
                for one in gone { listeners.tell(.unregistered(entry(key, one)), ended: true) }
            }
        }
    }

    private func shardIndex(for key: Key) -> Int {
        shards.count == 1 ? 0 : Int(UInt(bitPattern: key.hashValue) % UInt(shards.count))
    }
}

extension DuplicateRegistry where Value == Void {
    /// Adds an entry for `key`, held by the process of `context` until it ends or unregisters.
    public func register(_ key: Key, for context: ProcessContext) {
        register(key, (), for: context)
    }
}
