public import Mangrove

/// What a ``Scripted`` process throws when it is to fail.
public struct ScriptedFailure: Error, Sendable, Hashable {
    /// Makes one.
    public init() {}
}

/// A process that does as its script says, and writes down its starts and stops; see ``ScriptedWorker``.
public actor Scripted: ProcessActor, Terminating {
    /// How a start goes.
    public enum Start: Sendable {
        /// It succeeds.
        case works
        /// It succeeds, and after a time the process ends by itself with a reason.
        case worksFor(Duration, ExitReason)
        /// It fails.
        case fails
        /// It says that there is nothing to start.
        case ignores
        /// It succeeds after a time.
        case takes(Duration)
        /// It fails, and so does every attempt after it.
        case failsForEver
        /// It never returns, unless cancelled.
        case hangs
    }

    /// What it is called in the order of events.
    public nonisolated let id: String
    private let order: EventOrder
    private let runtime: Runtime
    private let terminating: Duration?
    private let failure: any Error
    /// What it was told last by ``set(_:)``: gone with a restart.
    public private(set) var state = 0

    /// Makes one, outside of a ``ScriptedWorker``.
    /// - Parameters:
    ///   - id: what it is called in the order of events.
    ///   - order: where it writes `stop id reason`.
    ///   - runtime: the runtime it lives in.
    ///   - terminating: how long its `terminate` takes, whatever happens; nil for no time.
    ///   - failure: what it throws when it is to crash.
    public init(
        _ id: String,
        _ order: EventOrder,
        _ runtime: Runtime,
        terminating: Duration?,
        failure: any Error = ScriptedFailure()
    ) {
        self.id = id
        self.order = order
        self.runtime = runtime
        self.terminating = terminating
        self.failure = failure
    }

    /// Writes down that it stops, and takes its time.
    public func terminate(reason: ExitReason) async {
        // Time to finish that cancellation does not cut short.
        if let terminating {
            await runtime.spawn { [runtime] in try? await runtime.sleep(for: terminating) }.value
        }
        order.add("stop \(id) \(reason)")
    }

    /// Keeps a number, for a test to see whether it is still the same incarnation.
    public func set(_ value: Int) { state = value }

    /// Throws: as a cast, that ends it.
    /// - Throws: the failure of its script.
    public func crash() throws { throw failure }

    /// Ends with any reason.
    /// - Throws: ``Mangrove/Exit``.
    public func leave(_ reason: ExitReason) throws { throw Exit(reason) }

    /// Spends virtual time in a turn.
    /// - Throws: `CancellationError` if the turn is cancelled.
    public func spend(_ time: Duration) async throws { try await runtime.sleep(for: time) }
}

/// A child whose starts go as a script says, and which can be told to end with any reason: the worker of OTP's own suites.
///
/// It writes `start id`, `fail id`, `ignore id`, `hang id` and `stop id reason` into an ``EventOrder``.
///
/// ```swift
/// let order = EventOrder()
/// try await runtime.start(
///     Supervisor {
///         ScriptedWorker("a", order)
///         ScriptedWorker("b", order, starts: [.works, .fails, .takes(.seconds(1))])
///     }
/// )
/// ```
public struct ScriptedWorker: Child {
    /// How to start and treat it.
    public let spec: ChildSpec

    /// Describes a scripted worker; what is not explained here is as with ``Mangrove/Worker``.
    /// - Parameters:
    ///   - id: tells it from its siblings, and is what it is called in the order of events.
    ///   - order: where it writes down what happens.
    ///   - starts: how its starts go, one after the other; those after the last succeed.
    ///   - terminating: how long its `terminate` takes, whatever happens; nil for no time.
    ///   - failure: what it throws when it is to fail.
    public init(
        _ id: ChildID,
        _ order: EventOrder,
        name: ProcessName? = nil,
        restart: RestartType = .permanent,
        shutdown: ShutdownPolicy = .within(.seconds(5)),
        isSignificant: Bool = false,
        mailboxLimit: Int = 100_000,
        starts: [Scripted.Start] = [],
        terminating: Duration? = nil,
        failure: any Error = ScriptedFailure()
    ) {
        let attempts = Lock(0)
        spec =
            Worker(
                id,
                name: name,
                restart: restart,
                shutdown: shutdown,
                isSignificant: isSignificant,
                mailboxLimit: mailboxLimit
            ) { context in
                let attempt = attempts.withLock { attempts -> Int in
                    attempts += 1
                    return attempts - 1
                }
                var start = starts.indices.contains(attempt) ? starts[attempt] : .works
                if attempt >= starts.count, case .failsForEver? = starts.last { start = .fails }
                try await Self.follow(start, id, order, failure, context)
                order.add("start \(id)")
                return Scripted(id.text, order, context.runtime, terminating: terminating, failure: failure)
            }
            .spec
    }

    private static func follow(
        _ start: Scripted.Start,
        _ id: ChildID,
        _ order: EventOrder,
        _ failure: any Error,
        _ context: ProcessContext
    ) async throws {
        switch start {
        case .works: break
        case .worksFor(let time, let reason):
            context.after(time, as: Scripted.self) { try $0.leave(reason) }
        case .fails, .failsForEver:
            order.add("fail \(id)")
            throw failure
        case .ignores:
            order.add("ignore \(id)")
            throw IgnoreStart()
        case .takes(let time):
            try await context.runtime.sleep(for: time)
        case .hangs:
            order.add("hang \(id)")
            try await context.runtime.sleep(for: .seconds(1_000_000))
        }
    }
}
