/// One registration: a key, who holds it, and with what value.
public struct RegistryEntry<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// The key.
    public var key: Key
    /// The holder's value.
    public var value: Value
    /// The holder.
    public var process: AnyRef
}

/// What happened to a key of a registry.
public enum RegistryEvent<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// A process registered it.
    case registered(RegistryEntry<Key, Value>)
    /// A process gave it back or, where that was asked for, ended while it held it.
    case unregistered(RegistryEntry<Key, Value>)
}

/// Why a key could not be registered.
public enum RegistryError: Error, Sendable, Equatable {
    /// Somebody holds it.
    case alreadyRegistered(ProcessID)
}

/// Why a value could not be changed: the process does not hold the key.
public struct NotRegistered: Error, Sendable, Equatable {
    /// Makes one.
    public init() {}
}

/// Who is told what happens in a registry.
final class RegistryListeners<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Listener: Sendable {
        let serial: UInt64
        let includesEnds: Bool
        let watch: Watch
        let deliver: @Sendable (Watch, RegistryEvent<Key, Value>) -> Void
    }

    private let listeners = Lock<[Listener]>([])

    func add<Target: ProcessActor & Actor>(
        _ process: Ref<Target>,
        includingEnds: Bool,
        _ handler: @escaping @Sendable (isolated Target, RegistryEvent<Key, Value>) async throws -> Void
    ) -> Watch {
        let serial = process.cell.runtime.nextSerial()
        let watch = Watch.of(process.cell) { [self] in
            listeners.withLock { listeners in listeners.removeAll { $0.serial == serial } }
        }
        let listener = Listener(serial: serial, includesEnds: includingEnds, watch: watch) { watch, event in
            watch.deliver(event, to: process, handler)
        }
        listeners.withLock { if watch.isActive { $0.append(listener) } }
        return watch
    }

    /// Tells them all, in the order in which they came; called inside the lock of the key, so that what happens to a key is
    /// told in the order in which it happened.
    /// - Parameter ended: whether this comes of the holder's end.
    func tell(_ event: @autoclosure () -> RegistryEvent<Key, Value>, ended: Bool = false) {
        let listeners = listeners.withLock { $0 }
        guard !listeners.isEmpty else { return }
        let event = event()
        for listener in listeners where listener.includesEnds || !ended { listener.deliver(listener.watch, event) }
    }
}
