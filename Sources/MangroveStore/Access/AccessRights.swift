/// What somebody may ask of a node.
public struct AccessRights: OptionSet, Sendable, Hashable {
    /// The bits, as they are in a token.
    public let rawValue: UInt16

    /// Makes rights of their bits.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Reading events, versions and snapshots, and listing streams.
    public static let read = AccessRights(rawValue: 1 << 0)
    /// Appending events and recording snapshots.
    public static let append = AccessRights(rawValue: 1 << 1)
    /// Following streams, and everything about named subscriptions.
    public static let subscribe = AccessRights(rawValue: 1 << 2)
    /// Truncating, deleting and configuring streams, compaction, projections.
    public static let manage = AccessRights(rawValue: 1 << 3)
    /// Creating and removing stores.
    public static let stores = AccessRights(rawValue: 1 << 4)
    /// Looking at the node: its tree, metrics, stores and their configuration; checking files.
    public static let observe = AccessRights(rawValue: 1 << 5)
    /// Making processes crash, where the node allows faults at all.
    public static let faults = AccessRights(rawValue: 1 << 6)

    /// All of them.
    public static let all: AccessRights = [.read, .append, .subscribe, .manage, .stores, .observe, .faults]

    /// The rights by name, in the order in which they are listed.
    public static let named: [(name: String, right: AccessRights)] = [
        ("read", .read), ("append", .append), ("subscribe", .subscribe), ("manage", .manage), ("stores", .stores),
        ("observe", .observe), ("faults", .faults),
    ]
}

extension AccessRights: CustomStringConvertible {
    /// The names, with commas between them.
    public var description: String {
        Self.named.filter { contains($0.right) }.map(\.name).joined(separator: ", ")
    }
}
