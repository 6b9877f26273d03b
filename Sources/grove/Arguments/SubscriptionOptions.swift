import MangroveStore

/// Which events a subscription is to follow, as it is said on a command line.
struct SourceOptions: Equatable {
    var source: SubscriptionSource

    /// The options that say it.
    static let specifications: [OptionSpecification] = [
        .init(name: "--stream-prefix", value: "TEXT", help: "events of streams whose names begin so"),
        .init(name: "--type", value: "TYPE", help: "events of this type"),
        .init(name: "--type-prefix", value: "TEXT", help: "events whose types begin so"),
        .init(name: "--tag", value: "TAG", repeats: true, help: "events that have this tag, and all others given"),
        .init(name: "--json", value: "PATTERN", help: "events whose data have what this JSON value has"),
        .init(name: "--metadata", value: "PATTERN", help: "events whose metadata have what this JSON value has"),
    ]

    init(_ arguments: ParsedArguments, stream: String?) throws(UsageError) {
        let pattern = EventPattern(
            stream: stream,
            streamPrefix: try arguments.text("--stream-prefix"),
            type: try arguments.text("--type"),
            typePrefix: try arguments.text("--type-prefix"),
            tags: arguments.options["--tag"] ?? [],
            data: try Self.json("--json", arguments),
            metadata: try Self.json("--metadata", arguments)
        )
        source = Self.simplest(pattern)
    }

    private static func json(_ name: String, _ arguments: ParsedArguments) throws(UsageError) -> JSONPattern? {
        guard let text = try arguments.text(name) else { return nil }
        do throws(StoreError) { return try JSONPattern(text) } catch { throw UsageError("\(name): \(error)") }
    }

    /// What says the same with the least: one stream alone is followed by its versions.
    private static func simplest(_ pattern: EventPattern) -> SubscriptionSource {
        if pattern == EventPattern() { return .all }
        if let stream = pattern.stream, pattern == EventPattern(stream: stream) { return .stream(stream) }
        if let type = pattern.type, pattern == EventPattern(type: type) { return .type(type) }
        if let prefix = pattern.typePrefix, pattern == EventPattern(typePrefix: prefix) { return .typePrefix(prefix) }
        if let data = pattern.data, pattern == EventPattern(data: data) { return .payload(data) }
        return .pattern(pattern)
    }

    static func order(_ arguments: ParsedArguments) throws(UsageError) -> SubscriptionConfiguration.Order {
        guard let text = try arguments.text("--partition-by") else { return .stream }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        do throws(StoreError) {
            switch (parts[0], parts.count) {
            case ("stream", 1): return .stream
            case ("none", 1): return .none
            case ("data", 2): return .data(try JSONField(parts[1]))
            case ("metadata", 2): return .metadata(try JSONField(parts[1]))
            default: break
            }
        } catch {
            throw UsageError("--partition-by: \(error)")
        }
        throw UsageError("--partition-by must be stream, none, data.FIELD or metadata.FIELD, not '\(text)'")
    }

    static func start(_ arguments: ParsedArguments) throws(UsageError) -> StartPoint? {
        switch try arguments.text("--from") {
        case nil: return nil
        case "start": return .beginning
        case "end": return .end
        case let text?:
            guard let place = Int(text), place >= 0 else {
                throw UsageError("--from must be start, end or a whole number, 0 or more, not '\(text)'")
            }
            return .at(place)
        }
    }
}

/// What `grove subscribe` is asked for.
struct SubscribeOptions: Equatable {
    var dataDirectory: String
    var store: String
    /// The durable subscription to join; nil to follow without one.
    var name: String?
    var source: SubscriptionSource
    var start: StartPoint
    /// How many events at most, or nil for no end.
    var count: Int?
    /// How many events a durable subscription hands out before one is answered for.
    var window: Int
    /// Whether each event is acknowledged when it is printed.
    var acknowledges: Bool

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        store = try arguments.operand(0, "STORE")
        let stream = arguments.operands.count > 1 ? try arguments.operand(1, "STREAM") : nil
        name = try arguments.text("--name")
        source = try SourceOptions(arguments, stream: stream).source
        let from = try SourceOptions.start(arguments)
        start = from ?? .beginning
        count = try arguments.number("--count", least: 1)
        window = try arguments.number("--window", least: 1) ?? 32
        acknowledges = !arguments.has("--no-ack")
        if name != nil {
            guard source == .all, from == nil else {
                throw UsageError("a durable subscription follows what it was made for: --name goes with no selection")
            }
        } else if !acknowledges || arguments.has("--window") {
            throw UsageError("--no-ack and --window go with --name")
        }
    }
}

/// What `grove subscriptions` is asked for.
struct SubscriptionsOptions: Equatable {
    enum Action: Equatable {
        case list
        case create(String, SubscriptionConfiguration)
        case update(String, SubscriptionConfiguration)
        case delete(String)
        case reset(String, StartPoint)
        case resume(String)
    }

    var dataDirectory: String
    var store: String
    var action: Action

    private static let words = ["list", "create", "update", "delete", "reset", "resume"]

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        store = try arguments.operand(0, "STORE")
        let word = arguments.operands.count > 1 ? arguments.operands[1] : "list"
        guard Self.words.contains(word) else {
            throw .unknown(
                "word after 'subscriptions STORE'",
                word,
                known: Self.words,
                otherwise: "it can be \(Self.words.joined(separator: ", "))"
            )
        }
        if word == "list" {
            guard arguments.operands.count < 3 else { throw UsageError("subscriptions list takes no NAME") }
            action = .list
            return
        }
        guard arguments.operands.count > 2 else { throw UsageError("subscriptions \(word) needs the NAME of one") }
        let name = try arguments.operand(2, "NAME")
        switch word {
        case "create": action = .create(name, try Self.configuration(arguments))
        case "update": action = .update(name, try Self.configuration(arguments))
        case "delete": action = .delete(name)
        case "reset":
            guard let start = try SourceOptions.start(arguments) else {
                throw UsageError("subscriptions reset needs --from")
            }
            action = .reset(name, start)
        default: action = .resume(name)
        }
    }

    private static func configuration(_ arguments: ParsedArguments) throws(UsageError) -> SubscriptionConfiguration {
        let stream = try arguments.text("--stream")
        return SubscriptionConfiguration(
            try SourceOptions(arguments, stream: stream).source,
            start: try SourceOptions.start(arguments) ?? .beginning,
            partitionBy: try SourceOptions.order(arguments),
            maximumRetries: try arguments.number("--retries", least: 0) ?? 10
        )
    }
}

/// What `grove ack`, `grove park` and `grove replay` are asked for.
struct DeliveryOptions: Equatable {
    enum Action: Equatable {
        case ack([Int])
        case park([Int], String)
        case listParked
        case replay([Int]?)
    }

    var dataDirectory: String
    var store: String
    var name: String
    var action: Action

    init(_ verb: Verb, _ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        store = try arguments.operand(0, "STORE")
        name = try arguments.operand(1, "NAME")
        var places: [Int] = []
        for operand in arguments.operands.dropFirst(2) {
            guard let place = Int(operand), place >= 0 else {
                throw UsageError("PLACE must be a whole number, 0 or more, not '\(operand)'")
            }
            places.append(place)
        }
        switch verb {
        case .park:
            action = places.isEmpty ? .listParked : .park(places, try arguments.text("--reason") ?? "by hand")
        case .replay: action = .replay(places.isEmpty ? nil : places)
        default: action = .ack(places)
        }
    }
}
