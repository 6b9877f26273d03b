/// Compares how two nodes are configured, in both directions, and explains what the differences mean for nodes that are to
/// work together.
public enum ConfigurationValidator {
    /// How one node is configured.
    public struct Node: Sendable, Equatable {
        /// What it is called in findings.
        public var name: String
        /// What is in force for each of its stores.
        public var stores: [String: ResolvedStoreConfiguration]
        /// Its own values, by name.
        public var values: [String: ConfigurationValue]

        /// Makes a node of its parts.
        public init(
            _ name: String,
            stores: [String: ResolvedStoreConfiguration],
            values: [String: ConfigurationValue] = [:]
        ) {
            self.name = name
            self.stores = stores
            self.values = values
        }

        /// A node as its configuration has it.
        /// - Throws: ``ConfigurationError`` if a store refers to a template that there is not.
        public init(_ name: String, _ configuration: NodeConfiguration) throws(ConfigurationError) {
            var stores: [String: ResolvedStoreConfiguration] = [:]
            for store in configuration.stores { stores[store.id] = try configuration.resolved(store.id) }
            var values: [String: ConfigurationValue] = [:]
            for (path, value, _) in configuration.nodeValues { values[path] = value }
            self.init(name, stores: stores, values: values)
        }

        /// A node as its records have it; stores that are inactive or on their way out count as not there.
        public init(_ name: String, _ records: [ConfigurationRecord]) {
            var stores: [String: ResolvedStoreConfiguration] = [:]
            for record in records where record.status == .active {
                stores[record.store] = record.configuration.resolved(from: .record(version: record.version))
            }
            self.init(name, stores: stores)
        }
    }

    /// Everything in which two nodes differ, the gravest first; nothing for nodes that agree.
    public static func compare(_ first: Node, _ second: Node) -> [ConfigurationFinding] {
        let ids = Set(first.stores.keys).union(second.stores.keys).sorted()
        let common = ids.filter { first.stores[$0] != nil && second.stores[$0] != nil }
        var findings: [ConfigurationFinding] = []
        if common.isEmpty, !first.stores.isEmpty, !second.stores.isEmpty {
            findings.append(strangers(first, second))
        } else {
            for id in ids where !common.contains(id) {
                let (there, missing) = first.stores[id] == nil ? (second, first) : (first, second)
                findings.append(alone(id, on: there, notOn: missing))
            }
        }
        for id in common {
            guard let one = first.stores[id], let other = second.stores[id] else { continue }
            for field in ConfigurationField.all {
                let (a, b) = (field.effective(one), field.effective(other))
                guard a != b else { continue }
                findings.append(difference(id, field.path, a, b, first.name, second.name))
            }
        }
        findings += ofNodes(first, second)
        return findings.enumerated().sorted { one, other in
            one.element.severity == other.element.severity
                ? one.offset < other.offset : one.element.severity > other.element.severity
        }.map(\.element)
    }

    /// No store in common.
    private static func strangers(_ first: Node, _ second: Node) -> ConfigurationFinding {
        let (a, b) = (first.stores.keys.sorted(), second.stores.keys.sorted())
        return ConfigurationFinding(
            .error,
            .noCommonStore,
            first: a.joined(separator: ", "),
            second: b.joined(separator: ", "),
            "\(first.name) and \(second.name) have no store in common: each is alone with its own, leads it by itself, "
                + "and nothing goes from one to the other"
        )
    }

    private static func alone(_ id: String, on there: Node, notOn missing: Node) -> ConfigurationFinding {
        ConfigurationFinding(
            .warning,
            .storeOnOneNode,
            store: id,
            first: there.name,
            "store '\(id)' is on \(there.name) only: it is alone there, without a copy, and whoever asks \(missing.name) for "
                + "it is told that there is no such store"
        )
    }

    /// The values by which one node gives up or refuses what the other carries out.
    private static let bounds = ["maximumAppendBytes", "maximumAppendEvents"]

    private static func difference(
        _ id: String,
        _ path: String,
        _ a: ConfigurationValue?,
        _ b: ConfigurationValue?,
        _ first: String,
        _ second: String
    ) -> ConfigurationFinding {
        let (one, other) = (a.words, b.words)
        func finding(
            _ severity: ConfigurationFinding.Severity,
            _ kind: ConfigurationFinding.Kind,
            _ text: String
        ) -> ConfigurationFinding {
            ConfigurationFinding(severity, kind, store: id, path: path, first: one, second: other, text)
        }
        let values = "(\(one) on \(first), \(other) on \(second))"
        if path == "directory" {
            return finding(
                .note,
                .directory,
                "store '\(id)' is kept in different directories \(values): that is correct and to be expected, each node has "
                    + "files of its own"
            )
        }
        if path == "retryLimitMilliseconds" {
            return finding(
                .warning,
                .timeout,
                "the nodes wait for store '\(id)' for different times \(values): they work together, but under load one may "
                    + "give up what the other still carries out"
            )
        }
        if path.hasPrefix("limits.") || bounds.contains(path) {
            return finding(
                .warning,
                .limit,
                "the nodes limit store '\(id)' differently, in \(path) \(values): one refuses what the other takes"
            )
        }
        if path.hasPrefix("retention.") {
            return finding(
                .warning,
                .retention,
                "the nodes keep different parts of store '\(id)', by \(path) \(values): what can be read depends on the node"
            )
        }
        return finding(.note, .setting, "store '\(id)' differs in \(path) \(values)")
    }

    private static func ofNodes(_ first: Node, _ second: Node) -> [ConfigurationFinding] {
        let paths = NodeField.all.map(\.path).filter { $0 != NodeField.dataDirectory.path }
        return paths.compactMap { path in
            guard let a = first.values[path], let b = second.values[path], a != b else { return nil }
            let values = "(\(Optional(a).words) on \(first.name), \(Optional(b).words) on \(second.name))"
            let isGrave = path == NodeField.requireTokens.path
            return ConfigurationFinding(
                isGrave ? .warning : .note,
                isGrave ? .access : .setting,
                path: path,
                first: Optional(a).words,
                second: Optional(b).words,
                isGrave
                    ? "one node asks everyone for a token and the other nobody \(values)"
                    : "the nodes differ in \(path) \(values)"
            )
        }
    }
}

extension ConfigurationValue? {
    /// The value in a line; a dash for nothing.
    fileprivate var words: String {
        let text = self?.description ?? ""
        return text.isEmpty ? "-" : text
    }
}

/// A difference between two configurations, and what it means.
public struct ConfigurationFinding: Sendable, Hashable {
    /// How much it matters.
    public enum Severity: Int, Sendable, Hashable, Comparable {
        /// It is as it may be.
        case note
        /// The nodes can work together, and it will be noticed.
        case warning
        /// The nodes do not work together.
        case error

        /// Whether the first matters less.
        public static func < (first: Severity, second: Severity) -> Bool { first.rawValue < second.rawValue }
    }

    /// What it is about.
    public enum Kind: String, Sendable, Hashable {
        /// The nodes have no store in common.
        case noCommonStore
        /// A store is on one of the nodes only.
        case storeOnOneNode
        /// A store's files are in different places.
        case directory
        /// The nodes wait for different times.
        case timeout
        /// One node refuses what the other takes.
        case limit
        /// The nodes keep different parts of a store.
        case retention
        /// The nodes let in different people.
        case access
        /// Anything else.
        case setting
    }

    /// How much it matters.
    public var severity: Severity
    /// What it is about.
    public var kind: Kind
    /// The store, if it is about one.
    public var store: String?
    /// The value's name, if it is about one.
    public var path: String?
    /// What is so on the first node, or the node where a store is.
    public var first: String?
    /// What is so on the second.
    public var second: String?
    /// What it means, in a sentence.
    public var text: String

    /// Makes a finding.
    public init(
        _ severity: Severity,
        _ kind: Kind,
        store: String? = nil,
        path: String? = nil,
        first: String? = nil,
        second: String? = nil,
        _ text: String
    ) {
        self.severity = severity
        self.kind = kind
        self.store = store
        self.path = path
        self.first = first
        self.second = second
        self.text = text
    }
}

extension ConfigurationFinding: CustomStringConvertible {
    /// One line: `warning: …`.
    public var description: String { "\(severity): \(text)" }
}
