/// How far a durable subscription has come: what must survive for it to go on exactly where it was.
///
/// Everything before ``next`` is settled but for ``unsettled``, so that what was acknowledged out of order is not delivered
/// again. Written as a whole, it is never half true.
struct SubscriptionProgress: Sendable, Equatable {
    /// An event before ``next`` that is still to be settled.
    struct Unsettled: Sendable, Equatable {
        var place: Int
        /// How often it was to be tried again.
        var failures = 0
        /// Whether it was parked and is being replayed.
        var isReplay = false
    }

    /// The first place of which nothing is settled.
    var next: Int
    /// Ascending by place.
    var unsettled: [Unsettled] = []
    /// Why nothing is delivered any more, if so.
    var stopped: String?

    /// Everything before it is settled, parked events included.
    var checkpoint: Int { unsettled.first { !$0.isReplay }?.place ?? next }
}

/// What a consumer says about an event it was given.
public enum Answer: Sendable, Hashable {
    /// It is handled.
    case ack
    /// It is to be delivered again, after a pause.
    case retry(after: Duration)
    /// It cannot be handled now: it is kept aside, to be looked at and replayed.
    case park(String)
    /// It need not be handled.
    case skip
    /// It cannot be handled, nor anything behind it: the subscription stops, and goes on with this event when it is resumed.
    case stop(String)
}

/// Why a consumer does not acknowledge an event.
public enum Nack: Sendable, Hashable {
    /// It is to be delivered again, after a pause, and the later ones of its key behind it.
    case retry(after: Duration)
    /// It cannot be handled now: it is kept aside, to be looked at and replayed.
    case park(String)
    /// It need not be handled.
    case skip
    /// It cannot be handled, nor anything behind it: the subscription stops, and goes on with this event when it is resumed.
    case stop(String)

    var answer: Answer {
        switch self {
        case .retry(let delay): .retry(after: delay)
        case .park(let reason): .park(reason)
        case .skip: .skip
        case .stop(let reason): .stop(reason)
        }
    }
}
