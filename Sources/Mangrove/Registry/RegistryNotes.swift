/// A thing that can be noted on a registry itself, beside its keys: the type is its key.
///
/// ```swift
/// enum Opened: RegistryNote { typealias Value = RuntimeInstant }
/// rooms.notes.set(Opened.self, runtime.clock.now())
/// ```
public protocol RegistryNote {
    /// What is noted.
    associatedtype Value: Sendable
}

/// What is noted on a registry itself, for everyone who has it. Source: `Registry.put_meta/3`, `Registry.meta/2` and
/// `Registry.delete_meta/2`.
public final class RegistryNotes: Sendable {
    private let values = Lock<[ObjectIdentifier: any Sendable]>([:])

    init() {}

    /// What is noted under `note`, or nil.
    public func get<Note: RegistryNote>(_ note: Note.Type) -> Note.Value? {
        values.withLock { $0[ObjectIdentifier(note)] } as? Note.Value
    }

    /// Notes `value` in place of what was noted.
    public func set<Note: RegistryNote>(_ note: Note.Type, _ value: Note.Value) {
        values.withLock { $0[ObjectIdentifier(note)] = value }
    }

    /// Takes the note back; fine if there is none.
    public func remove<Note: RegistryNote>(_ note: Note.Type) {
        values.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(note)) }
    }
}
