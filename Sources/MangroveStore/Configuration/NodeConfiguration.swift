/// How a node and its stores are configured, from the environment, a file and the command line, checked as a whole.
///
/// A value for one store counts more than one for all of them, wherever the two were said. Among those for one store, and
/// among those for all, the environment counts more than the file, and the file more than the defaults:
///
/// ```
///  lowest   default → top of the file → $MANGROVE_… for all stores → template
///           → the store's entry in the file, or its record in the node → $MANGROVE_… for this store   highest
/// ```
public struct NodeConfiguration: Sendable, Equatable {
    /// A value of the node's own, and where it is from.
    struct Entry: Sendable, Equatable {
        var value: ConfigurationValue
        var source: ConfigurationSource
    }

    /// A store that is configured.
    public struct Store: Sendable, Equatable {
        /// Its id.
        public var id: String
        /// Where it was named.
        public var source: ConfigurationSource
        /// What is said about it, without what the environment says.
        public var layer: ConfigurationLayer
    }

    /// The node's own values, by name.
    var values: [String: Entry] = [:]
    /// What is so for all stores, the file's layer before the environment's.
    var defaults: [ConfigurationLayer] = []
    /// The templates, by name.
    var templates: [String: ConfigurationLayer] = [:]
    /// The stores that are named, in the order of their naming.
    public internal(set) var stores: [Store] = []
    /// What the environment says about single stores.
    var overlays: [String: ConfigurationLayer] = [:]
    /// Variables of the environment that look as if they were for the node and mean nothing to it.
    public internal(set) var unusedVariables: [String] = []

    /// Configures nothing: a node with the defaults.
    public init() {}

    // MARK: The node

    /// The directory of the node's files.
    public var dataDirectory: String { text(.dataDirectory) ?? Self.usualDirectory }
    /// The store that is made when the node is started for the first time; nil for none.
    public var defaultStore: String? { text(.defaultStore) }
    /// Whether processes can be made to crash through the gateway.
    public var allowsFaults: Bool { value(.allowFaults) == .flag(true) }
    /// Whether everyone is asked for a token.
    public var requiresTokens: Bool { value(.requireTokens) == .flag(true) }
    /// How many requests a second each connection may make; nil for any number.
    public var requestLimit: RateLimit? {
        if case .number(let number)? = value(.requestLimit), number > 0 { RateLimit(perSecond: number) } else { nil }
    }
    /// The ids of tokens that do not count any more.
    public var revokedTokens: Set<EventID> {
        if case .texts(let texts)? = value(.revokedTokens) { Set(texts.compactMap { EventID($0) }) } else { [] }
    }

    /// The directory of a node for which none is named.
    public static let usualDirectory = "./grove-data"

    private func value(_ field: NodeField) -> ConfigurationValue? {
        values[field.path]?.value ?? field.standard
    }

    private func text(_ field: NodeField) -> String? {
        if case .text(let text)? = value(field) { text } else { nil }
    }

    // MARK: Stores

    /// What a store has for which nothing of its own is said.
    public var storeDefaults: ResolvedStoreConfiguration { ResolvedStoreConfiguration(defaults) }

    /// What is in force for a store.
    ///
    /// - Parameter id: the store's id.
    /// - Parameter record: what the node has on record for it, which counts instead of an entry in the file; or nil.
    /// - Parameter settings: the settings below all that is configured.
    /// - Throws: ``ConfigurationError`` if it refers to a template that there is not.
    public func resolved(
        _ id: String,
        record: ConfigurationLayer? = nil,
        over settings: StoreSettings = StoreSettings()
    ) throws(ConfigurationError) -> ResolvedStoreConfiguration {
        let own = record ?? stores.first { $0.id == id }?.layer ?? ConfigurationLayer()
        let above = [own] + (overlays[id].map { [$0] } ?? [])
        var layers = defaults
        let name = above.reversed().lazy.compactMap { $0.configuration.template }.first
        if let name = name ?? storeDefaults.template {
            guard let template = templates[name] else {
                let source = own.sources["template"] ?? own.source
                throw ConfigurationError([
                    ConfigurationMistake(source, "\(id).template", noTemplate(name))
                ])
            }
            layers.append(template)
        }
        return ResolvedStoreConfiguration(layers + above, over: settings)
    }

    /// What is said of a store that is named, as it is put on record: what the environment says stays with the environment,
    /// but for the place of the store's files, which is for good.
    func adoptable(_ store: Store) -> StoreConfiguration {
        var configuration = store.layer.configuration
        if let directory = overlays[store.id]?.configuration.directory { configuration.directory = directory }
        return configuration
    }

    /// What is wrong with naming a template that is not there.
    func noTemplate(_ name: String) -> String {
        let names = templates.keys.sorted()
        let hint =
            Spelling.closest(to: name, among: names).map { "did you mean \(JSONText.quoted($0))?" }
            ?? (names.isEmpty ? "there are none" : "there are \(names.joined(separator: ", "))")
        return "there is no template \(JSONText.quoted(name)); \(hint)"
    }

    /// The node's own values in force, and where each comes from, in the order of the guide's table.
    public var nodeValues: [(path: String, value: ConfigurationValue?, source: ConfigurationSource)] {
        NodeField.all.map { ($0.path, value($0), values[$0.path]?.source ?? .standard) }
    }
}

/// One of the values that configure a node itself.
package struct NodeField: Sendable, Equatable {
    /// Its name in a file.
    package let path: String
    /// What it may be.
    package let kind: ConfigurationKind
    /// The variable of the environment that sets it.
    package let variable: String
    /// The value where nobody gives one.
    package let standard: ConfigurationValue?

    private init(
        _ path: String,
        _ kind: ConfigurationKind,
        _ standard: ConfigurationValue?,
        variable: String? = nil
    ) {
        self.path = path
        self.kind = kind
        self.standard = standard
        self.variable = variable ?? ConfigurationField.variable(of: path)
    }

    static let dataDirectory = NodeField(
        "dataDirectory",
        .text(4_096),
        .text(NodeConfiguration.usualDirectory),
        variable: "MANGROVE_DATA_DIR"
    )
    static let defaultStore = NodeField("defaultStore", .text(64), nil, variable: "MANGROVE_STORE_ID")
    static let allowFaults = NodeField("allowFaults", .flag, .flag(false))
    static let requireTokens = NodeField("requireTokens", .flag, .flag(false))
    static let requestLimit = NodeField("requestLimit", .number(0...1_000_000_000), .number(0))
    static let revokedTokens = NodeField("revokedTokens", .texts(10_000, each: 64), .texts([]))

    /// All of them, in the order of the guide's table.
    package static let all = [
        dataDirectory, defaultStore, allowFaults, requireTokens, requestLimit, revokedTokens,
    ]

    /// The field of this name.
    package static func named(_ path: String) -> NodeField? {
        all.first { $0.path == path }
    }
}
