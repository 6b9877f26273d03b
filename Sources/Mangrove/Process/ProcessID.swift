/// The identity of one incarnation of a process: new at every start, never used again.
public struct ProcessID: Hashable, Sendable, CustomStringConvertible {
    /// The runtime it lives in: a number drawn when that runtime was made.
    public let node: UInt32
    /// Counts the processes of that runtime.
    public let serial: UInt64

    /// The serial in angle brackets: `<42>`.
    public var description: String { "<\(serial)>" }

    /// Hashes the identity.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(node)
        hasher.combine(serial)
    }

    /// The standard library's way to a hash that costs nothing to work out.
    public func _rawHashValue(seed: Int) -> Int {
        KeptHash.mix(UInt(truncatingIfNeeded: serial ^ UInt64(node) << 32), with: seed)
    }
}

/// A process's name: unique in its runtime at any moment, and held by one incarnation after another.
///
/// Names are structured so that nobody concatenates strings: ``scope`` keeps two systems on one node apart, ``role`` says
/// what the process does in it, ``key`` which of several it is.
public struct ProcessName: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The system the process belongs to, or nil for one that belongs to none.
    public let scope: String?
    /// What the process does there.
    public let role: String
    /// Which one, where a role has several.
    public let key: String?
    private let keptHash: KeptHash

    /// Makes a name.
    public init(_ role: String, scope: String? = nil, key: String? = nil) {
        self.scope = scope
        self.role = role
        self.key = key
        keptHash = KeptHash { hasher in
            hasher.combine(role)
            // What is nil need not be told from what is empty: that is left to the comparison.
            if let scope { hasher.combine(scope) }
            hasher.combine(key == nil)
            if let key { hasher.combine(key) }
        }
    }

    /// A name of a role alone.
    public init(stringLiteral role: String) {
        self.init(role)
    }

    /// `scope/role:key`, for people.
    public var description: String {
        var text = role
        if let scope { text = scope + "/" + text }
        if let key { text += ":" + key }
        return text
    }

    /// Whether all parts of both are the same.
    public static func == (first: ProcessName, second: ProcessName) -> Bool {
        first.keptHash == second.keptHash && first.role == second.role && first.key == second.key
            && first.scope == second.scope
    }

    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(keptHash) }

    /// The standard library's way to a hash that is there already.
    public func _rawHashValue(seed: Int) -> Int { keptHash.mixed(with: seed) }
}
