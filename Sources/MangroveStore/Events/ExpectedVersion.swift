/// What an append requires of its stream.
public enum ExpectedVersion: Sendable, Hashable {
    /// The stream's last version is exactly this, from 0; −1 means the same as ``noStream``.
    case exactly(Int)
    /// The stream has no event yet.
    case noStream
    /// The stream has at least one event.
    case streamExists
    /// Nothing is required.
    case any

    /// Whether a stream whose last version is `tail` is as expected.
    func holds(at tail: Int) -> Bool {
        switch self {
        case .any: true
        case .noStream: tail == -1
        case .streamExists: tail >= 0
        case .exactly(let version): tail == version
        }
    }
}

/// What an append did.
public struct AppendResult: Sendable, Hashable {
    /// The stream.
    public var stream: String
    /// The stream's last version after the append; −1 if it is still empty.
    public var version: Int
    /// The global position of the append's last event, or nil if the append had no events.
    public var position: Int?

    /// Makes a result.
    public init(stream: String, version: Int, position: Int?) {
        self.stream = stream
        self.version = version
        self.position = position
    }
}
