/// Turns events of old versions into what today's code expects, whenever they are read; what is recorded stays as it is.
///
/// What comes back keeps its stream, its places, its id and its time, whatever the function says; subscriptions select and
/// sort by what is recorded.
///
/// ```swift
/// let upcasters = Upcasters().upcasting("order-placed") { event in
///     var event = event
///     event.type = "order-placed-2"
///     return event
/// }
/// ```
public struct Upcasters: Sendable {
    private var functions: [String: @Sendable (RecordedEvent) throws -> RecordedEvent] = [:]

    /// None.
    public init() {}

    /// These, and one for events recorded with a type. What it returns is upcast again if there is a function for its
    /// type: from version to version.
    public func upcasting(
        _ type: String,
        _ function: @escaping @Sendable (RecordedEvent) throws -> RecordedEvent
    ) -> Upcasters {
        var copy = self
        copy.functions[type] = function
        return copy
    }

    /// The event as today's code expects it.
    /// - Throws: ``StoreError/invalid(_:)`` if a function fails, or they go round in a circle.
    func upcast(_ recorded: RecordedEvent) throws(StoreError) -> RecordedEvent {
        guard !functions.isEmpty else { return recorded }
        var event = recorded
        var seen: Set<String> = []
        while let function = functions[event.type] {
            guard seen.insert(event.type).inserted else {
                throw .invalid("upcasting '\(recorded.type)' comes back to '\(event.type)'")
            }
            let before = event.type
            do {
                event = try function(event)
            } catch {
                throw .invalid("event \(recorded.position) of type '\(before)' cannot be upcast: \(error)")
            }
            // A function that changes only the content has done its work.
            if event.type == before { break }
        }
        event.stream = recorded.stream
        (event.version, event.position) = (recorded.version, recorded.position)
        (event.id, event.created) = (recorded.id, recorded.created)
        return event
    }

    /// The events as today's code expects them.
    /// - Throws: as ``upcast(_:)``.
    func upcast(_ events: [RecordedEvent]) throws(StoreError) -> [RecordedEvent] {
        guard !functions.isEmpty else { return events }
        var upcast: [RecordedEvent] = []
        upcast.reserveCapacity(events.count)
        for event in events { upcast.append(try self.upcast(event)) }
        return upcast
    }
}
