extension Runtime {
    /// Runs a supervision tree as a program: starts it, and returns when it has been stopped in good order.
    ///
    /// SIGTERM, SIGINT and the cancellation of the task stop it, each child within its own time, all of it within `limit`;
    /// while it is still starting, too. A second signal ends the program at once, with 128 and the signal's number.
    ///
    /// ```swift
    /// try await Runtime().run(Supervisor { … })
    /// ```
    /// - Parameters:
    ///   - tree: what to run.
    ///   - limit: after this, what has not stopped is killed; nil waits for each child's own limit.
    /// - Throws: ``SpecError`` and ``SupervisorError`` as ``start(_:)`` does; ``RunError`` when the root gave up, with a
    ///   description that says why, or when the tree did not stop in time.
    public func run(_ tree: Supervisor, stopWithin limit: Duration? = .seconds(30)) async throws {
        let news = AsyncSignal()
        let root = Lock<ProcessCell?>(nil)
        let failure = Lock<(any Error)?>(nil)
        reports.withLock { $0 = ReportHistory() }
        let endSignals = environment.signals.onFirst { [self] signal in
            emit(RuntimeEvents.signal) { "\(signal)" }
            news.ring()
        }
        defer { endSignals() }
        let starting = spawn { [self] in
            do {
                try await start(tree) { cell in root.withLock { $0 = cell } }
                root.withLock { $0 }?.onDeath { _ in news.ring() }
            } catch {
                failure.withLock { $0 = error }
                news.ring()
            }
        }
        await news.wait()
        if let error = failure.withLock({ $0 }) { throw error }
        // Nothing is announced yet when the task was cancelled before it began: then the start is waited for.
        if root.withLock({ $0 == nil }) { await starting.value }
        guard let cell = root.withLock({ $0 }) else { return }
        if cell.gate.isDead, let reason = cell.endReason {
            await cell.awaitRemains()
            let diagnosis = reports.withLock { $0 }.diagnosis(of: cell.path, by: environment.redaction)
            if let diagnosis { throw RunError.gaveUp(diagnosis) }
            if !reason.isClean { throw RunError.ended(reason) }
            return
        }
        let reason = await cell.stop(.shutdown, within: limit.map { .within($0) } ?? .infinity)
        await starting.value
        if let limit, case .killed = reason { throw RunError.overran(limit) }
    }

    /// A tree as a value with `run() async throws`, the shape that lifecycle libraries expect of a service.
    public func service(_ tree: Supervisor, stopWithin limit: Duration? = .seconds(30)) -> SupervisedService {
        SupervisedService(runtime: self, tree: tree, stopWithin: limit)
    }
}

/// A supervision tree to be run by somebody else's lifecycle: cancel the task in which it runs to stop it.
///
/// To hand it to a library whose services are a protocol with `run() async throws`, declare the conformance; there is
/// nothing to implement.
public struct SupervisedService: Sendable {
    let runtime: Runtime
    let tree: Supervisor
    let stopWithin: Duration?

    /// As ``Runtime/run(_:stopWithin:)``.
    public func run() async throws {
        try await runtime.run(tree, stopWithin: stopWithin)
    }
}

extension ProcessCell {
    /// What the process ended with, if it has.
    fileprivate var endReason: ExitReason? {
        if case .dead(let reason) = state.withLock({ $0.phase }) { return reason }
        return nil
    }
}
