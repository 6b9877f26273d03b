/// What is recorded of a durable subscription when it is made.
struct SubscriptionDefinition: Sendable, Equatable {
    var name: String
    /// Tells it from others that had its name: what is left of those is none of its own.
    var generation: UInt64
    var configuration: SubscriptionConfiguration
    /// Where it began.
    var first: Int

    /// The longest name in bytes.
    private static let longestName = 200

    static func check(_ name: String) throws(StoreError) {
        guard !name.isEmpty, name.utf8.count <= longestName else {
            throw .invalid("a subscription's name has 1 to \(longestName) bytes, not \(name.utf8.count)")
        }
        // Of names that look the same, and of those that Swift takes for the same, there is only one.
        guard name.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "/") }) else {
            throw .invalid(
                "the subscription's name '\(name)' has something other than ASCII letters, digits and signs but '/'"
            )
        }
    }

    /// The subscription that every store has without anyone making it.
    static let preset = SubscriptionDefinition(
        name: defaultSubscription,
        generation: 0,
        configuration: SubscriptionConfiguration(),
        first: 0
    )

    var key: FactKey { FactKey(name) }

    /// What the keys of its parked events begin with.
    var parkedPrefix: FactKey { FactKey(name).appending(generation) }

    func parkedKey(_ place: Int) -> FactKey { parkedPrefix.appending(UInt64(max(0, place))) }

    /// What makes it, or changes it.
    var recorded: FactChange { FactChange(.subscriptions, key, value) }

    private static let format: UInt8 = 1

    private var value: [UInt8] {
        var writer = WireWriter()
        writer.byte(Self.format)
        writer.unsigned(generation)
        writer.integer(first)
        writer.subscriptionConfiguration(configuration)
        return writer.bytes
    }

    /// Reads a recorded definition.
    /// - Throws: ``WireError``
    init(_ fact: Fact) throws(WireError) {
        var parts = FactKey.Parts(fact.key)
        guard let name = parts.text() else { throw WireError(what: "a subscription's name") }
        var reader = WireReader(fact.value)
        guard try reader.byte() == Self.format else { throw WireError(what: "a subscription of a known format") }
        self.name = name
        generation = try reader.unsigned()
        first = try reader.integer()
        configuration = try reader.subscriptionConfiguration()
        try reader.end()
    }

    init(name: String, generation: UInt64, configuration: SubscriptionConfiguration, first: Int) {
        self.name = name
        self.generation = generation
        self.configuration = configuration
        self.first = first
    }
}

extension SubscriptionProgress {
    private static let format: UInt8 = 1

    /// What records it.
    func recorded(of definition: SubscriptionDefinition) -> FactChange {
        var writer = WireWriter()
        writer.byte(Self.format)
        writer.unsigned(definition.generation)
        writer.integer(next)
        writer.list(unsettled) { writer, event in
            writer.integer(event.place)
            writer.integer(event.failures)
            writer.flag(event.isReplay)
        }
        writer.optional(stopped) { $0.text($1) }
        return FactChange(.checkpoints, definition.key, writer.bytes)
    }

    /// Reads what was recorded.
    /// - Returns: nil if that was of another subscription of the name.
    /// - Throws: ``WireError``
    static func read(_ value: [UInt8], of definition: SubscriptionDefinition) throws(WireError) -> SubscriptionProgress?
    {
        var reader = WireReader(value)
        guard try reader.byte() == format else { throw WireError(what: "a checkpoint of a known format") }
        guard try reader.unsigned() == definition.generation else { return nil }
        let progress = SubscriptionProgress(
            next: try reader.integer(),
            unsettled: try reader.list { (reader) throws(WireError) in
                Unsettled(place: try reader.integer(), failures: try reader.integer(), isReplay: try reader.flag())
            },
            stopped: try reader.optional { (reader) throws(WireError) in try reader.text() }
        )
        try reader.end()
        return progress
    }
}

/// Why an event was set aside.
struct ParkedRecord: Sendable, Equatable {
    private static let format: UInt8 = 1

    var reason: String
    var failures: Int

    func recorded(_ place: Int, of definition: SubscriptionDefinition) -> FactChange {
        var writer = WireWriter()
        writer.byte(Self.format)
        writer.text(reason)
        writer.integer(failures)
        return FactChange(.parked, definition.parkedKey(place), writer.bytes)
    }

    /// - Returns: the place and the record.
    /// - Throws: ``WireError``
    static func read(
        _ fact: Fact,
        of definition: SubscriptionDefinition
    ) throws(WireError) -> (place: Int, record: ParkedRecord) {
        var parts = FactKey.Parts(fact.key)
        guard parts.text() == definition.name, parts.number() == definition.generation,
            let number = parts.number(), let place = Int(exactly: number)
        else { throw WireError(what: "the key of a parked event") }
        var reader = WireReader(fact.value)
        guard try reader.byte() == format else { throw WireError(what: "a parked event of a known format") }
        let record = ParkedRecord(reason: try reader.text(), failures: try reader.integer())
        try reader.end()
        return (place, record)
    }
}
