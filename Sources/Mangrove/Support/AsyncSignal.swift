/// Wakes one waiting task; a ring before the wait is not lost, and several count as one.
package final class AsyncSignal: Sendable {
    private enum State {
        case quiet
        case rung
        case waiting(UnsafeContinuation<Void, Never>)
    }

    private let state = Lock(State.quiet)

    /// Makes a signal.
    package init() {}

    /// Wakes the waiter, now or when it comes.
    package func ring() {
        let waiter = state.withLock { state -> UnsafeContinuation<Void, Never>? in
            if case .waiting(let waiter) = state {
                state = .quiet
                return waiter
            }
            state = .rung
            return nil
        }
        waiter?.resume()
    }

    /// Waits for a ring, or for the task's cancellation. One waiter at a time; a second one replaces and wakes the first.
    package func wait() async {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let ready = state.withLock { state -> UnsafeContinuation<Void, Never>? in
                    switch state {
                    case .rung:
                        state = .quiet
                        return continuation
                    case .quiet:
                        state = .waiting(continuation)
                        return nil
                    case .waiting(let earlier):
                        state = .waiting(continuation)
                        return earlier
                    }
                }
                ready?.resume()
            }
        } onCancel: {
            ring()
        }
    }
}
