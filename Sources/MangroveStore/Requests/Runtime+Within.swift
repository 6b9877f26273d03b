import Mangrove

extension Runtime {
    /// Does some work, and waits for so long at most. Work that takes longer is cancelled, and goes on by itself until it has seen
    /// that; whoever waits does not wait for that too.
    /// - Returns: nil if the time was over first.
    func within<Value: Sendable>(
        _ limit: Duration,
        _ work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        let outcome = FirstWord<Value>()
        let working = spawn { outcome.say(await work()) }
        let waiting = spawn {
            try? await self.sleep(for: limit)
            outcome.say(nil)
        }
        defer {
            working.cancel()
            waiting.cancel()
        }
        return await outcome.heard()
    }
}

/// The first of several that have something to say; one waits for it.
private final class FirstWord<Value: Sendable>: Sendable {
    private struct State {
        var word: Value??
        var waiter: CheckedContinuation<Value?, Never>?
    }

    private let state = Lock(State())

    func say(_ word: Value?) {
        let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
            guard state.word == nil else { return nil }
            state.word = .some(word)
            return state.waiter.take()
        }
        waiter?.resume(returning: word)
    }

    func heard() async -> Value? {
        await withCheckedContinuation { waiter in
            let word = state.withLock { state -> Value?? in
                if state.word == nil { state.waiter = waiter }
                return state.word
            }
            if let word { waiter.resume(returning: word) }
        }
    }
}
