/// A process that lets others look at its whole state, and replace it: for debugging, and for repairs on a live system.
///
/// ```swift
/// actor Counter: StateHolding { var state = 0 }
/// let value = try await counter.state()
/// ```
public protocol StateHolding: ProcessActor, Actor {
    /// What it keeps.
    associatedtype State: Sendable

    /// The state.
    var state: State { get set }
}

extension ProcessReference where Target: StateHolding {
    /// The process's state, as it is between two turns. Source: `sys:get_state/2`.
    /// - Parameter timeout: how long to wait for the turn; nil for as long as it takes.
    /// - Throws: ``CallError``; `CancellationError`.
    public func state(timeout: Duration? = .seconds(5)) async throws -> Target.State {
        try await call(timeout: timeout) { process in process.state }
    }

    /// Replaces the process's state by what `change` makes of it, in one turn. Source: `sys:replace_state/3`.
    /// - Parameters:
    ///   - timeout: how long to wait for the turn; nil for as long as it takes.
    ///   - change: makes the new state; if it throws, the state stays as it was.
    /// - Returns: the new state.
    /// - Throws: ``CallError``; `CancellationError`; what `change` throws, and the process lives on, unless it is an ``Exit``.
    @discardableResult
    public func replaceState(
        timeout: Duration? = .seconds(5),
        _ change: @escaping @Sendable (Target.State) throws -> Target.State
    ) async throws -> Target.State {
        try await call(timeout: timeout) { process in
            process.state = try change(process.state)
            return process.state
        }
    }
}
