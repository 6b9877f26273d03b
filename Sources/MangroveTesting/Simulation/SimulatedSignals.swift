public import Mangrove

/// The signals of a simulation: a test sends them.
public final class SimulatedSignals: StopSignalSource {
    private struct State {
        var seen = 0
        var exitCode: Int32?
        var action: (@Sendable (StopSignal) -> Void)?
    }

    private let state = Lock(State())

    /// Makes a source that is quiet.
    public init() {}

    /// The code with which a second signal would have ended the program.
    public var exitCode: Int32? { state.withLock { $0.exitCode } }

    /// Whether anybody listens.
    public var isObserved: Bool { state.withLock { $0.action != nil } }

    /// Sends a signal.
    public func send(_ signal: StopSignal) {
        let action = state.withLock { state -> (@Sendable (StopSignal) -> Void)? in
            state.seen += 1
            if state.seen > 1 { state.exitCode = 128 + signal.rawValue }
            return state.seen == 1 ? state.action : nil
        }
        action?(signal)
    }

    /// Calls `action` at the first signal.
    public func onFirst(_ action: @escaping @Sendable (StopSignal) -> Void) -> @Sendable () -> Void {
        state.withLock { state in
            state.seen = 0
            state.action = action
        }
        return { [self] in state.withLock { $0.action = nil } }
    }
}
