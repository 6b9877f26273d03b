import Mangrove

/// A question about subscriptions, as it travels.
enum SubscriptionRequest: Sendable, Equatable {
    /// Opens a feed of events, or of deliveries to a consumer; it lasts as long as the connection, or until it is closed.
    case open(store: String, SubscriptionStart)
    case join(store: String, name: String, window: Int)
    /// Waits for what comes next on a feed. Asking is what makes room for it: nothing is sent unasked.
    case next(feed: UInt64, most: Int)
    case answer(feed: UInt64, number: UInt64, Answer)
    case close(feed: UInt64)

    case create(store: String, name: String, SubscriptionConfiguration)
    case update(store: String, name: String, SubscriptionConfiguration)
    case delete(store: String, name: String)
    case list(store: String)
    case settle(store: String, name: String, place: Int, Answer)
    case parked(store: String, name: String)
    case replay(store: String, name: String, places: [Int]?)
    case reset(store: String, name: String, StartPoint)
    case resume(store: String, name: String)

    /// The store it concerns, or an empty text.
    var store: String {
        switch self {
        case .open(let store, _), .join(let store, _, _), .create(let store, _, _), .update(let store, _, _),
            .delete(let store, _), .list(let store), .settle(let store, _, _, _), .parked(let store, _),
            .replay(let store, _, _), .reset(let store, _, _), .resume(let store, _):
            store
        case .next, .answer, .close: ""
        }
    }

    /// Whether carrying it out changes something, so that losing the answer leaves open what is the case.
    var changesSomething: Bool {
        switch self {
        case .open, .join, .next, .close, .list, .parked: false
        case .answer, .create, .update, .delete, .settle, .replay, .reset, .resume: true
        }
    }

    func encode(_ writer: inout WireWriter) {
        switch self {
        case .open(let store, let start):
            writer.begin(1, store)
            writer.subscriptionSource(start.source)
            writer.startPoint(start.from)
        case .join(let store, let name, let window):
            writer.begin(2, store, name)
            writer.integer(window)
        case .next(let feed, let most):
            writer.byte(3)
            writer.unsigned(feed)
            writer.integer(most)
        case .answer(let feed, let number, let answer):
            writer.byte(4)
            writer.unsigned(feed)
            writer.unsigned(number)
            writer.answer(answer)
        case .close(let feed):
            writer.byte(5)
            writer.unsigned(feed)
        case .create(let store, let name, let configuration):
            writer.begin(6, store, name)
            writer.subscriptionConfiguration(configuration)
        case .update(let store, let name, let configuration):
            writer.begin(7, store, name)
            writer.subscriptionConfiguration(configuration)
        case .delete(let store, let name): writer.begin(8, store, name)
        case .list(let store): writer.begin(9, store)
        case .settle(let store, let name, let place, let answer):
            writer.begin(10, store, name)
            writer.integer(place)
            writer.answer(answer)
        case .parked(let store, let name): writer.begin(11, store, name)
        case .replay(let store, let name, let places):
            writer.begin(12, store, name)
            writer.optional(places) { writer, places in writer.list(places) { $0.integer($1) } }
        case .reset(let store, let name, let start):
            writer.begin(13, store, name)
            writer.startPoint(start)
        case .resume(let store, let name): writer.begin(14, store, name)
        }
    }

    static func decode(_ reader: inout WireReader) throws(WireError) -> SubscriptionRequest {
        switch try reader.byte() {
        case 1:
            .open(
                store: try reader.text(),
                SubscriptionStart(source: try reader.subscriptionSource(), from: try reader.startPoint())
            )
        case 2: .join(store: try reader.text(), name: try reader.text(), window: try reader.integer())
        case 3: .next(feed: try reader.unsigned(), most: try reader.integer())
        case 4: .answer(feed: try reader.unsigned(), number: try reader.unsigned(), try reader.answer())
        case 5: .close(feed: try reader.unsigned())
        case 6: .create(store: try reader.text(), name: try reader.text(), try reader.subscriptionConfiguration())
        case 7: .update(store: try reader.text(), name: try reader.text(), try reader.subscriptionConfiguration())
        case 8: .delete(store: try reader.text(), name: try reader.text())
        case 9: .list(store: try reader.text())
        case 10:
            .settle(
                store: try reader.text(),
                name: try reader.text(),
                place: try reader.integer(),
                try reader.answer()
            )
        case 11: .parked(store: try reader.text(), name: try reader.text())
        case 12: .replay(store: try reader.text(), name: try reader.text(), places: try places(&reader))
        case 13: .reset(store: try reader.text(), name: try reader.text(), try reader.startPoint())
        case 14: .resume(store: try reader.text(), name: try reader.text())
        default: throw WireError(what: "a request about subscriptions")
        }
    }

    private static func places(_ reader: inout WireReader) throws(WireError) -> [Int]? {
        try reader.optional { (reader) throws(WireError) in
            try reader.list { (reader) throws(WireError) in try reader.integer() }
        }
    }
}

extension WireWriter {
    fileprivate mutating func begin(_ tag: UInt8, _ texts: String...) {
        byte(tag)
        for value in texts { text(value) }
    }

    mutating func answer(_ answer: Answer) {
        switch answer {
        case .ack: byte(1)
        case .retry(let delay):
            byte(2)
            integer(Int(delay.wholeNanoseconds))
        case .park(let reason): begin(3, reason)
        case .skip: byte(4)
        case .stop(let reason): begin(5, reason)
        }
    }
}

extension WireReader {
    mutating func answer() throws(WireError) -> Answer {
        switch try byte() {
        case 1: .ack
        case 2: .retry(after: .nanoseconds(try integer()))
        case 3: .park(try text())
        case 4: .skip
        case 5: .stop(try text())
        default: throw WireError(what: "an answer for an event")
        }
    }
}
