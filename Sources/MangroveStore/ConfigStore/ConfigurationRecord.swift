/// What a node has on record for a store, as of one version of it.
///
/// Every change makes a new version, counted from 1; none is ever changed or lost, so that the versions are the history, and
/// each says who made it, and when.
public struct ConfigurationRecord: Sendable, Hashable {
    /// What is to be with the store.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        /// It is there, and runs or starts when it is asked for.
        case active
        /// It is there and does not run, whoever asks for it.
        case inactive
        /// It is being taken out of the node.
        case pendingDeletion
        /// It has been taken out of the node.
        case deleted
    }

    /// What made a version.
    public enum Change: Sendable, Hashable {
        /// Somebody said so.
        case put
        /// Somebody wanted an earlier version's content again.
        case rollback(to: Int)
        /// The store was there, or was named in the node's configuration, before there was a record of it.
        case adoption
        /// The record was made anew from the copy that is kept of it.
        case recovery
        /// Somebody wants the store gone, with its files or without.
        case deletion(erasing: Bool)
        /// The store is gone.
        case removal
    }

    /// The store's id.
    public var store: String
    /// Which version of its record this is.
    public var version: Int
    /// What is to be with it.
    public var status: Status
    /// What is configured for it.
    public var configuration: StoreConfiguration
    /// What made this version.
    public var change: Change
    /// The version with which the record began, or began again after a deletion.
    public var firstVersion: Int
    /// When that was.
    public var created: Timestamp
    /// Who made it.
    public var createdBy: String
    /// When this version was made.
    public var updated: Timestamp
    /// Who made it.
    public var updatedBy: String

    /// Makes a record.
    public init(
        store: String,
        version: Int,
        status: Status,
        configuration: StoreConfiguration,
        change: Change,
        firstVersion: Int,
        created: Timestamp,
        createdBy: String,
        updated: Timestamp,
        updatedBy: String
    ) {
        self.store = store
        self.version = version
        self.status = status
        self.configuration = configuration
        self.change = change
        self.firstVersion = firstVersion
        self.created = created
        self.createdBy = createdBy
        self.updated = updated
        self.updatedBy = updatedBy
    }

    /// Whether this version began the record.
    public var isFirst: Bool { version == firstVersion }

    /// Whether there is a store by it, or is to be.
    public var isPresent: Bool { status != .deleted }
}

/// A value that two configurations differ in.
public struct ConfigurationDifference: Sendable, Hashable {
    /// The value's name.
    public var path: String
    /// What the one says; nil if nothing.
    public var before: ConfigurationValue?
    /// What the other says; nil if nothing.
    public var after: ConfigurationValue?

    /// Makes a difference.
    public init(_ path: String, _ before: ConfigurationValue?, _ after: ConfigurationValue?) {
        self.path = path
        self.before = before
        self.after = after
    }
}

extension StoreConfiguration {
    /// What has to change for this to become `next`, in the order of the guide's table.
    public func differences(to next: StoreConfiguration) -> [ConfigurationDifference] {
        ConfigurationField.all.compactMap { field in
            let (before, after) = (field.value(self), field.value(next))
            return before == after ? nil : ConfigurationDifference(field.path, before, after)
        }
    }
}

extension ConfigurationRecord {
    /// What this version changed, given the one before it; its status counts as a value.
    public func differences(from last: ConfigurationRecord?) -> [ConfigurationDifference] {
        let was = last.flatMap { $0.isPresent ? $0 : nil }
        var differences = (was?.configuration ?? StoreConfiguration()).differences(to: configuration)
        if was?.status != status {
            differences.insert(
                ConfigurationDifference("status", was.map { .text($0.status.rawValue) }, .text(status.rawValue)),
                at: 0
            )
        }
        return differences
    }
}
