/// How subscriptions travel, and in which form they are recorded.
extension WireWriter {
    mutating func subscriptionSource(_ source: SubscriptionSource) {
        switch source {
        case .all: byte(1)
        case .stream(let stream):
            byte(2)
            text(stream)
        case .type(let type):
            byte(3)
            text(type)
        case .typePrefix(let prefix):
            byte(4)
            text(prefix)
        case .pattern(let pattern):
            byte(5)
            for part in [pattern.stream, pattern.streamPrefix, pattern.type, pattern.typePrefix] {
                optional(part) { $0.text($1) }
            }
            list(pattern.tags) { $0.text($1) }
            for part in [pattern.data, pattern.metadata] { optional(part) { $0.data($1.text) } }
        case .payload(let pattern):
            byte(6)
            data(pattern.text)
        }
    }

    mutating func startPoint(_ start: StartPoint) {
        switch start {
        case .beginning: byte(1)
        case .at(let place):
            byte(2)
            integer(place)
        case .end: byte(3)
        }
    }

    mutating func subscriptionConfiguration(_ configuration: SubscriptionConfiguration) {
        subscriptionSource(configuration.source)
        startPoint(configuration.start)
        switch configuration.partitionBy {
        case .stream: byte(1)
        case .data(let field):
            byte(2)
            text(field.description)
        case .metadata(let field):
            byte(3)
            text(field.description)
        case .none: byte(4)
        }
        integer(configuration.maximumRetries)
    }
}

extension WireReader {
    mutating func subscriptionSource() throws(WireError) -> SubscriptionSource {
        switch try byte() {
        case 1: .all
        case 2: .stream(try text())
        case 3: .type(try text())
        case 4: .typePrefix(try text())
        case 5:
            .pattern(
                EventPattern(
                    stream: try optionalText(),
                    streamPrefix: try optionalText(),
                    type: try optionalText(),
                    typePrefix: try optionalText(),
                    tags: try list { (reader) throws(WireError) in try reader.text() },
                    data: try optional { (reader) throws(WireError) in try reader.jsonPattern() },
                    metadata: try optional { (reader) throws(WireError) in try reader.jsonPattern() }
                )
            )
        case 6: .payload(try jsonPattern())
        default: throw WireError(what: "what a subscription follows")
        }
    }

    mutating func startPoint() throws(WireError) -> StartPoint {
        switch try byte() {
        case 1: .beginning
        case 2: .at(try integer())
        case 3: .end
        default: throw WireError(what: "a start point")
        }
    }

    mutating func subscriptionConfiguration() throws(WireError) -> SubscriptionConfiguration {
        let (source, start) = (try subscriptionSource(), try startPoint())
        let order: SubscriptionConfiguration.Order =
            switch try byte() {
            case 1: .stream
            case 2: .data(try jsonField())
            case 3: .metadata(try jsonField())
            case 4: .none
            default: throw WireError(what: "what events are kept in order by")
            }
        return SubscriptionConfiguration(source, start: start, partitionBy: order, maximumRetries: try integer())
    }

    private mutating func jsonPattern() throws(WireError) -> JSONPattern {
        let text = try data()
        guard let pattern = try? JSONPattern(text) else { throw WireError(what: "a JSON pattern") }
        return pattern
    }

    mutating func jsonField() throws(WireError) -> JSONField {
        let path = try text()
        guard let field = try? JSONField(path) else { throw WireError(what: "a field's path") }
        return field
    }
}
