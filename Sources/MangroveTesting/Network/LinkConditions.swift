/// How one machine of a simulation reaches another.
public struct LinkConditions: Sendable, Hashable {
    /// How long what is sent takes; the seed chooses for each piece, so that datagrams overtake each other.
    public var latency: ClosedRange<Duration>
    /// How likely a piece is lost, from 0 to 1. A stream sends it again, a datagram is gone.
    public var loss: Double
    /// How likely a datagram arrives twice, from 0 to 1.
    public var duplication: Double

    /// Makes conditions; as given, those of a good local network.
    public init(
        latency: ClosedRange<Duration> = .microseconds(100)...Duration.microseconds(400),
        loss: Double = 0,
        duplication: Double = 0
    ) {
        self.latency = latency
        self.loss = loss
        self.duplication = duplication
    }
}

/// The links of a simulated network, and what is wrong with them.
struct SimulatedLinks: Sendable {
    private struct Link: Hashable {
        var source: String
        var destination: String
    }

    var normal = LinkConditions()
    private var special: [Link: LinkConditions] = [:]
    private var cut: Set<Link> = []
    /// Until when nothing gets through, in nanoseconds.
    private var clogged: [Link: Int64] = [:]
    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed ^ 0x4E45_5457_4F52_4B00) }

    mutating func set(_ conditions: LinkConditions, from source: String, to destination: String) {
        special[Link(source: source, destination: destination)] = conditions
    }

    mutating func cut(from source: String, to destination: String) {
        cut.insert(Link(source: source, destination: destination))
    }

    mutating func clog(from source: String, to destination: String, until time: Int64) {
        clogged[Link(source: source, destination: destination)] = time
    }

    mutating func heal() {
        cut = []
        clogged = [:]
    }

    func isCut(from source: String, to destination: String) -> Bool {
        cut.contains(Link(source: source, destination: destination))
    }

    /// How long one piece takes, or nil if it is lost.
    mutating func transit(from source: String, to destination: String, at now: Int64) -> Duration? {
        let link = Link(source: source, destination: destination)
        let conditions = special[link] ?? normal
        // The order of the draws is the same whatever is cut, so that a partition changes nothing else.
        let isLost = conditions.loss > 0 && Double.random(in: 0..<1, using: &generator) < conditions.loss
        let range = conditions.latency.lowerBound.nanoseconds...conditions.latency.upperBound.nanoseconds
        let latency = Int64.random(in: range, using: &generator)
        if isLost || cut.contains(link) { return nil }
        return .nanoseconds(latency + max(0, (clogged[link] ?? 0) - now))
    }

    mutating func arrivesTwice(from source: String, to destination: String) -> Bool {
        let conditions = special[Link(source: source, destination: destination)] ?? normal
        return conditions.duplication > 0 && Double.random(in: 0..<1, using: &generator) < conditions.duplication
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
