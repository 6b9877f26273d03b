internal import Mangrove

/// Writes down what happens, in the one order in which it does, over all processes of a run.
///
/// ```swift
/// let order = EventOrder()
/// order.add("stock opens")
/// #expect(order.take() == ["start stock", "stock opens"])
/// ```
public final class EventOrder: Sendable {
    private let lines = Lock<[String]>([])

    /// Makes an empty one.
    public init() {}

    /// Writes a line down.
    public func add(_ line: String) { lines.withLock { $0.append(line) } }

    /// All lines, oldest first, but for those taken.
    public var all: [String] { lines.withLock { $0 } }

    /// The lines since the last look, which are forgotten.
    public func take() -> [String] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }
}
