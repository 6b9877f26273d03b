/// Everything that is configured for a store, with where each value comes from.
public struct ResolvedStoreConfiguration: Sendable, Equatable {
    /// How it is run.
    public var settings = StoreSettings()
    /// Whether it is started with its node, or else when it is first asked for.
    public var autoStart = true
    /// How early it is started.
    public var priority = StorePriority.normal
    /// How much it may use.
    public var limits = StoreLimits()
    /// How much its streams keep that have no settings of their own.
    public var retention = StoreRetention()
    /// The template it refers to.
    public var template: String?
    /// Where its files are; nil for a directory of its name in the node's data directory.
    public var directory: String?
    /// What it is for.
    public var description: String?
    /// Words to find it by.
    public var tags: [String] = []
    /// Where each value comes from that somebody gave, by its name.
    public private(set) var sources: [String: ConfigurationSource] = [:]

    /// Puts layers on top of each other: what a later one says counts, and the defaults where none says anything.
    /// - Parameter settings: the settings below all layers.
    public init(_ layers: [ConfigurationLayer] = [], over settings: StoreSettings = StoreSettings()) {
        self.settings = settings
        limits.eventsPerSecond = settings.appendRate?.perSecond
        for layer in layers {
            for field in ConfigurationField.all {
                guard let value = field.value(layer.configuration) else { continue }
                field.apply(&self, value)
                sources[field.path] = layer.sources[field.path] ?? layer.source
            }
        }
    }

    /// The names and values in force, and where each comes from, in the order of the guide's table.
    public var values: [(path: String, value: ConfigurationValue, source: ConfigurationSource)] {
        ConfigurationField.all.compactMap { field in
            field.effective(self).map { (field.path, $0, sources[field.path] ?? .standard) }
        }
    }
}

/// One of the layers that a store's configuration comes from.
public struct ConfigurationLayer: Sendable, Hashable {
    /// What it says.
    public var configuration: StoreConfiguration
    /// Where it is from.
    public var source: ConfigurationSource
    /// Where single values are from, by their names, if that is known better.
    public var sources: [String: ConfigurationSource]

    /// Makes a layer.
    public init(
        _ configuration: StoreConfiguration = StoreConfiguration(),
        from source: ConfigurationSource = .program,
        sources: [String: ConfigurationSource] = [:]
    ) {
        self.configuration = configuration
        self.source = source
        self.sources = sources
    }

    /// Gives one value, with its source.
    mutating func set(_ field: ConfigurationField, _ value: ConfigurationValue, from source: ConfigurationSource) {
        field.set(&configuration, value)
        sources[field.path] = source
    }
}

extension StoreConfiguration {
    /// What comes of this on top of `layers`, of which a later one counts more than an earlier.
    public func resolved(
        over layers: [ConfigurationLayer] = [],
        from source: ConfigurationSource = .program
    ) -> ResolvedStoreConfiguration {
        ResolvedStoreConfiguration(layers + [ConfigurationLayer(self, from: source)])
    }
}
