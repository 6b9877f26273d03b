internal import Mangrove

/// Something that a test expected of a simulation and that is not so.
public struct ExpectationFailed: Error, Sendable, CustomStringConvertible {
    /// What is not as expected, and what is so instead.
    public let description: String

    /// Makes one.
    public init(_ description: String) { self.description = description }
}

/// What a test expects of a tree in virtual time. Nothing here waits in real time.
extension Simulation {
    /// Waits until `condition` is true: looks after everything that can happen without time passing has happened, and again after
    /// each timer.
    ///
    /// ```swift
    /// try await simulation.eventually(within: .seconds(30), "stock is back") { try await stock.call { $0.isOpen } }
    /// ```
    /// - Parameters:
    ///   - limit: how long it may take, in virtual time.
    ///   - what: the condition in words.
    ///   - condition: looked at again and again. An error it throws counts as false, and is told if it was the last.
    /// - Throws: ``ExpectationFailed`` if it is not so within the limit; `CancellationError`.
    public func eventually(
        within limit: Duration,
        _ what: String = "the condition",
        _ condition: @Sendable () async throws -> Bool
    ) async throws {
        let last = Lock<(any Error)?>(nil)
        let isSo = try await looking(for: limit) {
            do {
                let isSo = try await condition()
                last.withLock { $0 = nil }
                return isSo
            } catch {
                last.withLock { $0 = error }
                return false
            }
        }
        guard !isSo else { return }
        let error = last.withLock { $0 }.map { "; at last: \($0)" } ?? ""
        throw ExpectationFailed("\(what): not so within \(limit)\(error)\n\(runtime.tree().text)")
    }

    /// Has `duration` pass and checks that `condition` is true at no moment of it; looks as ``eventually(within:_:_:)`` does.
    /// - Throws: ``ExpectationFailed`` with the time at which it was; what `condition` throws; `CancellationError`.
    public func never(
        for duration: Duration,
        _ what: String = "the condition",
        _ condition: @Sendable () async throws -> Bool
    ) async throws {
        let begin = clock.time
        if try await looking(for: duration, condition) {
            throw ExpectationFailed("\(what): so after \(begin.duration(to: clock.time))\n\(runtime.tree().text)")
        }
    }

    /// Waits until everything that can happen without time passing has happened.
    /// - Throws: `CancellationError`.
    public func quiet() async throws {
        try await runtime.sleep(for: .nanoseconds(1))
    }

    /// Checks how often the child at a path was restarted under its present supervisor.
    /// - Throws: ``ExpectationFailed`` if it was another number of times; ``NobodyToHit`` if there is no such child.
    public func expectRestarts(of path: String, _ count: Int) throws {
        let place = place(of: path)
        let tree = place.runtime.tree()
        guard let node = tree.node(at: place.path) else { throw NobodyToHit(target: path, tree: tree.text) }
        if node.restarts != count {
            throw ExpectationFailed("\(path) was restarted \(node.restarts) times, not \(count)\n\(tree.text)")
        }
    }

    /// Checks that the tree is at rest: every child runs or is stopped for good, no message waits, nobody is inside a turn.
    ///
    /// To be asked after ``quiet()`` or time that passed.
    /// - Throws: ``ExpectationFailed`` that names all that is not at rest.
    public func expectQuiescent() throws {
        let tree = runtime.tree()
        var busy: [String] = []
        for node in tree.nodes {
            if node.state != .running, node.state != .stopped { busy.append("\(node.path) is \(node.state)") }
            if node.mailbox > 0 { busy.append("\(node.path) has \(node.mailbox) messages waiting") }
            if !node.zombies.isEmpty { busy.append("\(node.path) has zombies: \(node.zombies)") }
        }
        busy += runtime.standingProcesses().map { "\($0.label) is in turn \($0.turn)" }
        if !busy.isEmpty { throw ExpectationFailed("not at rest: \(busy.joined(separator: "; "))\n\(tree.text)") }
    }

    /// Looks at each moment at which anything happens.
    private func looking(for limit: Duration, _ isSo: () async throws -> Bool) async throws -> Bool {
        let end = clock.time.advanced(by: limit)
        while true {
            try await quiet()
            if try await isSo() { return true }
            guard clock.time < end else { return false }
            try await runtime.sleep(until: min(clock.nextDeadline ?? end, end))
        }
    }
}
