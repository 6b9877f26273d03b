/// A limit of a store, and how much of it is used.
public struct StoreLimitUse: Sendable, Hashable {
    /// What is limited.
    public enum Kind: String, Sendable, CaseIterable {
        /// Bytes of memory for the index: `limits.memoryBytes`.
        case memory
        /// Connections over the socket that have the store in use: `limits.connections`.
        case connections
        /// Bytes of the store's files: `limits.diskBytes`.
        case disk
        /// Bytes that are free on the store's disk: below the limit, which is no setting, nothing is appended.
        case free
    }

    /// What is limited.
    public var kind: Kind
    /// How much there may be.
    public var limit: Int
    /// How much there is.
    public var used: Int

    /// Makes a value.
    public init(_ kind: Kind, limit: Int, used: Int) {
        self.kind = kind
        self.limit = limit
        self.used = used
    }
}

extension StoreLimitUse: CustomStringConvertible {
    /// What the limit is, what is used of it, and what can be done.
    public var description: String {
        switch kind {
        case .memory:
            "its index may take \(limit) bytes of memory and takes \(used): raise limits.memoryBytes"
        case .connections:
            "\(limit) connections may use it and \(used) do: close some, or raise limits.connections"
        case .disk:
            "its files may have \(limit) bytes and have \(used): let events go and compact it, or raise limits.diskBytes"
        case .free:
            "its disk has only \(used) bytes free and \(limit) are needed: make room, or let events go and compact it"
        }
    }
}

/// How much a store may hold, where its log decides on an append.
package struct StoreRoom: Sendable, Equatable {
    /// Bytes of memory for the index; nil for any number.
    package var memoryBytes: Int?
    /// Bytes of files; nil for any number.
    package var diskBytes: Int?
    /// Bytes that were free on the disk when somebody looked last; nil for plenty.
    package var freeBytes: Int?

    /// Left for what makes room again: compaction, deletion, checkpoints.
    package static let reserve = 64 << 10

    /// Makes room; without limits unless said.
    package init(memoryBytes: Int? = nil, diskBytes: Int? = nil, freeBytes: Int? = nil) {
        self.memoryBytes = memoryBytes
        self.diskBytes = diskBytes
        self.freeBytes = freeBytes
    }
}
