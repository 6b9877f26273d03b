/// One wait on a clock: ended by its timer or by cancellation, whichever comes first.
final class Sleeper: Sendable {
    private enum State {
        case fresh
        case asleep(UnsafeContinuation<Bool, Never>, (any RuntimeTimer)?)
        case over(cancelled: Bool)
    }

    private let state = Lock(State.fresh)

    func sleep(until deadline: RuntimeInstant, on clock: any RuntimeClock) async throws {
        let cancelled = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let early = state.withLock { state -> Bool? in
                    if case .over(let cancelled) = state { return cancelled }
                    state = .asleep(continuation, nil)
                    return nil
                }
                if let early { return continuation.resume(returning: early) }
                keep(clock.schedule(at: deadline) { [self] in wake(cancelled: false) })
            }
        } onCancel: {
            wake(cancelled: true)
        }
        if cancelled { throw CancellationError() }
    }

    private func keep(_ timer: any RuntimeTimer) {
        let over = state.withLock { state -> Bool in
            guard case .asleep(let continuation, _) = state else { return true }
            state = .asleep(continuation, timer)
            return false
        }
        if over { timer.cancel() }
    }

    private func wake(cancelled: Bool) {
        let sleeping = state.withLock { state -> (UnsafeContinuation<Bool, Never>, (any RuntimeTimer)?)? in
            defer { if case .over = state {} else { state = .over(cancelled: cancelled) } }
            guard case .asleep(let continuation, let timer) = state else { return nil }
            return (continuation, timer)
        }
        guard let (continuation, timer) = sleeping else { return }
        timer?.cancel()
        continuation.resume(returning: cancelled)
    }
}
