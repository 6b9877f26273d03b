/// A key of a registry, as a way to reach whoever holds it.
///
/// It resolves at each use, and so survives restarts: between the death of one holder and the registration of the next,
/// calls throw ``CallError/noProcess(_:)``. For whoever has a name in the runtime there is ``Address``. Source: the
/// `{:via, Registry, {registry, key}}` of Elixir.
///
/// ```swift
/// let room = rooms.address(7, of: Room.self)
/// try await room.call { $0.join(user) }
/// ```
public struct KeyAddress<Key: Hashable & Sendable, Value: Sendable, Target: ProcessActor>: ProcessReference {
    /// The key.
    public let key: Key
    @usableFromInline let registry: Registry<Key, Value>

    init(_ key: Key, in registry: Registry<Key, Value>) {
        self.key = key
        self.registry = registry
    }

    /// The process that holds the key now.
    /// - Throws: ``CallError/noProcess(_:)`` if nobody holds it, or its holder is another kind of actor.
    @inlinable
    public func resolve() throws(CallError) -> Ref<Target> {
        guard let holder = registry.holder(of: key) else { throw .noProcess("with the key \(key)") }
        guard holder.runs(Target.self) else {
            throw .noProcess("with the key \(key) as \(Target.self): it belongs to another kind of process")
        }
        return Ref(holder)
    }
}

extension Registry {
    /// The address of whoever holds `key`, at each use.
    public func address<Target: ProcessActor>(_ key: Key, of type: Target.Type) -> KeyAddress<Key, Value, Target> {
        KeyAddress(key, in: self)
    }
}
