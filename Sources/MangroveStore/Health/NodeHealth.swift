/// How well something is: the worst of its checks decides.
public enum HealthStatus: String, Sendable, Comparable, CaseIterable {
    /// Nothing is wrong.
    case healthy
    /// It does its work, and something needs to be looked at.
    case degraded
    /// It does not do its work.
    case unhealthy

    /// Whether the first is better.
    public static func < (first: HealthStatus, second: HealthStatus) -> Bool {
        func rank(_ status: HealthStatus) -> Int { allCases.firstIndex(of: status) ?? 0 }
        return rank(first) < rank(second)
    }
}

/// One thing that was looked at.
public struct HealthCheck: Sendable, Equatable {
    /// What was looked at: `engine`, `disk`, `flush`, `limits`, `lag`, `parked`, …; names are stable.
    public var name: String
    /// What was found.
    public var status: HealthStatus
    /// Why it is not healthy; empty if it is.
    public var reason: String
    /// Since when it has had this status; the moment it was first looked at counts.
    public var since: Timestamp

    /// Says what was found.
    public init(name: String, status: HealthStatus, reason: String = "", since: Timestamp) {
        self.name = name
        self.status = status
        self.reason = reason
        self.since = since
    }
}

/// The node, a store, a durable subscription or a projection, and how it is.
public struct ComponentHealth: Sendable, Equatable {
    /// The kinds of components.
    public enum Kind: String, Sendable, CaseIterable {
        /// The node itself.
        case node
        /// One of its stores.
        case store
        /// A durable subscription of a store.
        case subscription
        /// A projection of a store.
        case projection
    }

    /// What it is.
    public var kind: Kind
    /// The store, or the store that it belongs to; empty for the node.
    public var store: String
    /// Its name; empty for the node and for stores.
    public var name: String
    /// What was looked at.
    public var checks: [HealthCheck]

    /// Makes a value of its parts.
    public init(kind: Kind, store: String = "", name: String = "", checks: [HealthCheck]) {
        self.kind = kind
        self.store = store
        self.name = name
        self.checks = checks
    }

    /// The worst status of its checks.
    public var status: HealthStatus { checks.map(\.status).max() ?? .healthy }

    /// What is wrong, in a line; empty if nothing is.
    public var reason: String {
        checks.filter { $0.status > .healthy }.map { "\($0.name): \($0.reason)" }.joined(separator: "; ")
    }
}

/// How a node is, with all that is in it.
public struct NodeHealth: Sendable, Equatable {
    /// When it was looked at.
    public var time: Timestamp
    /// The node, then its stores by name, each with its subscriptions and projections by name.
    public var components: [ComponentHealth]

    /// Makes a value of its parts.
    public init(time: Timestamp, components: [ComponentHealth]) {
        self.time = time
        self.components = components
    }

    /// The worst status of all components.
    public var status: HealthStatus { components.map(\.status).max() ?? .healthy }
}
