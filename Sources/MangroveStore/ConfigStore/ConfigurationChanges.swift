/// The changes of what is on record of stores, from a point on and then as they are made, for as long as it is iterated.
///
/// Each change comes once, in order and without a gap, across restarts of the configuration store. Cancelling the iterating
/// task ends it.
///
/// ```swift
/// for try await change in try gateway.watchConfigurations() { print(change.record.store, change.record.version) }
/// ```
public struct ConfigurationChanges: AsyncSequence, Sendable {
    /// One change at a time.
    public typealias Element = ConfigurationChange

    let events: EventSubscription

    /// Starts following.
    public func makeAsyncIterator() -> Iterator {
        Iterator(events: events.makeAsyncIterator())
    }

    /// Where an iteration stands.
    public struct Iterator: AsyncIteratorProtocol {
        var events: EventSubscription.Iterator

        /// The next change, when there is one; nil once the task is cancelled.
        /// - Throws: ``StoreError`` if the records cannot be read any more.
        public mutating func next() async throws -> ConfigurationChange? {
            guard let event = try await events.next() else { return nil }
            return ConfigurationChange(position: event.position, record: try ConfigurationRecord(checking: event))
        }
    }
}

/// A version of a record as it was made.
public struct ConfigurationChange: Sendable, Hashable {
    /// Its place among all changes; to go on behind it, watch from the next one.
    public var position: Int
    /// The version.
    public var record: ConfigurationRecord

    /// Makes a change.
    public init(position: Int, record: ConfigurationRecord) {
        self.position = position
        self.record = record
    }
}

extension Gateway {
    /// Follows what is on record of stores.
    /// - Parameter start: the first change to hear of; unless given, the next one that is made.
    /// - Throws: ``StoreError/invalid(_:)``.
    public func watchConfigurations(from start: StartPoint = .end) throws -> ConfigurationChanges {
        ConfigurationChanges(events: try subscribe(to: StoreID.configuration, .all, from: start))
    }
}
