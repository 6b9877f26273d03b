/// What is answered about subscriptions, as it travels.
enum SubscriptionReply: Sendable, Equatable {
    case opened(feed: UInt64, next: Int)
    case emissions([Emission])
    case handed([Handed])
    /// The feed has ended: it can be opened again.
    case interrupted
    case takenBack([UInt64])
    case list([SubscriptionInfo])
    case parked([ParkedEvent])
    case count(Int)

    func encode(_ writer: inout WireWriter) {
        switch self {
        case .opened(let feed, let next):
            writer.byte(1)
            writer.unsigned(feed)
            writer.integer(next)
        case .emissions(let emissions):
            writer.byte(2)
            writer.list(emissions) { $0.emission($1) }
        case .handed(let handed):
            writer.byte(3)
            writer.list(handed) { $0.handed($1) }
        case .interrupted: writer.byte(4)
        case .takenBack(let numbers):
            writer.byte(5)
            writer.list(numbers) { $0.unsigned($1) }
        case .list(let infos):
            writer.byte(6)
            writer.list(infos) { $0.subscriptionInfo($1) }
        case .parked(let events):
            writer.byte(7)
            writer.list(events) { $0.parkedEvent($1) }
        case .count(let count):
            writer.byte(8)
            writer.integer(count)
        }
    }

    static func decode(_ reader: inout WireReader) throws(WireError) -> SubscriptionReply {
        switch try reader.byte() {
        case 1: .opened(feed: try reader.unsigned(), next: try reader.integer())
        case 2: .emissions(try reader.list { (reader) throws(WireError) in try reader.emission() })
        case 3: .handed(try reader.list { (reader) throws(WireError) in try reader.handed() })
        case 4: .interrupted
        case 5: .takenBack(try reader.list { (reader) throws(WireError) in try reader.unsigned() })
        case 6: .list(try reader.list { (reader) throws(WireError) in try reader.subscriptionInfo() })
        case 7: .parked(try reader.list { (reader) throws(WireError) in try reader.parkedEvent() })
        case 8: .count(try reader.integer())
        default: throw WireError(what: "a reply about subscriptions")
        }
    }
}

extension WireWriter {
    fileprivate mutating func emission(_ emission: Emission) {
        byte(emission.note?.rawValue ?? 0)
        list(emission.events) { $0.recordedEvent($1) }
        integer(emission.next)
    }

    fileprivate mutating func handed(_ handed: Handed) {
        switch handed {
        case .event(let event, let number, let attempt):
            byte(1)
            recordedEvent(event)
            unsigned(number)
            integer(attempt)
        case .caughtUp: byte(2)
        case .fellBehind: byte(3)
        }
    }

    fileprivate mutating func subscriptionInfo(_ info: SubscriptionInfo) {
        text(info.name)
        subscriptionSource(info.source)
        optional(info.stopped) { $0.text($1) }
        for number in [info.checkpoint, info.lag, info.underWay, info.parked, info.consumers] { integer(number) }
    }

    fileprivate mutating func parkedEvent(_ parked: ParkedEvent) {
        integer(parked.place)
        text(parked.reason)
        integer(parked.failures)
        optional(parked.event) { $0.recordedEvent($1) }
    }
}

extension WireReader {
    fileprivate mutating func emission() throws(WireError) -> Emission {
        let note = try byte()
        return Emission(
            note: Emission.Note(rawValue: note),
            events: try list { (reader) throws(WireError) in try reader.recordedEvent() },
            next: try integer()
        )
    }

    fileprivate mutating func handed() throws(WireError) -> Handed {
        switch try byte() {
        case 1: .event(try recordedEvent(), number: try unsigned(), attempt: try integer())
        case 2: .caughtUp
        case 3: .fellBehind
        default: throw WireError(what: "what a consumer is handed")
        }
    }

    fileprivate mutating func subscriptionInfo() throws(WireError) -> SubscriptionInfo {
        SubscriptionInfo(
            name: try text(),
            source: try subscriptionSource(),
            stopped: try optionalText(),
            checkpoint: try integer(),
            lag: try integer(),
            underWay: try integer(),
            parked: try integer(),
            consumers: try integer()
        )
    }

    fileprivate mutating func parkedEvent() throws(WireError) -> ParkedEvent {
        ParkedEvent(
            place: try integer(),
            reason: try text(),
            failures: try integer(),
            event: try optional { (reader) throws(WireError) in try reader.recordedEvent() }
        )
    }
}
