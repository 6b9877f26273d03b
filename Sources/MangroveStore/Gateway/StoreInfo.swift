/// A store and how it is doing.
public struct StoreInfo: Sendable, Equatable {
    /// The states a store can be in.
    public enum Status: String, Sendable {
        /// Its subtree is being started.
        case starting
        /// It answers.
        case running
        /// It is being stopped.
        case stopping
        /// It is not running.
        case stopped
        /// Its files are damaged; nothing is served from them.
        case damaged
    }

    /// The store's id.
    public var id: String
    /// The state it is in.
    public var status: Status
    /// How many events it holds, where known.
    public var events: Int?
    /// How many streams it holds, where known.
    public var streams: Int?
    /// What is wrong, where something is.
    public var problem: String?
    /// How early it is started with its node.
    public var priority = StorePriority.normal
    /// Whether it is started with its node, or else when it is first asked for.
    public var autoStart = true
    /// Where its files are, where known.
    public var directory: String?
    /// Its limits, with what is used of each, where known.
    public var limits: [StoreLimitUse] = []

    /// Makes a store's info.
    public init(id: String, status: Status, events: Int? = nil, streams: Int? = nil, problem: String? = nil) {
        self.id = id
        self.status = status
        self.events = events
        self.streams = streams
        self.problem = problem
    }
}
