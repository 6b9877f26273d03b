/// One lock for each key that somebody wants locked, handed on in the order of asking.
final class KeyLocks<Key: Hashable & Sendable>: Sendable {
    private struct Line: Sendable {
        var holder: UInt64
        var waiting: [(ticket: UInt64, signal: AsyncSignal)] = []
    }

    private struct State: Sendable {
        var tickets: UInt64 = 0
        var lines: [Key: Line] = [:]
    }

    private let state = Lock(State())

    func withLock<Result>(_ key: Key, _ body: () async throws -> Result) async throws -> Result {
        let ticket = try await acquire(key)
        defer { release(key, ticket) }
        guard let process = ProcessCell.activity?.cell else { return try await body() }
        // A process that is killed gives the lock back at once, though its code may still run.
        let slot = process.runtime.nextSerial()
        guard process.addRegistration(slot, { [self] in release(key, ticket) }) else { throw CancellationError() }
        defer { process.removeRegistration(slot) }
        return try await body()
    }

    private func acquire(_ key: Key) async throws -> UInt64 {
        let signal = AsyncSignal()
        let (ticket, isMine) = state.withLock { state -> (UInt64, Bool) in
            state.tickets += 1
            let ticket = state.tickets
            guard state.lines[key] != nil else {
                state.lines[key] = Line(holder: ticket)
                return (ticket, true)
            }
            state.lines[key]?.waiting.append((ticket, signal))
            return (ticket, false)
        }
        if isMine { return ticket }
        while true {
            await signal.wait()
            if state.withLock({ $0.lines[key]?.holder == ticket }) { break }
            if Task.isCancelled {
                release(key, ticket)
                throw CancellationError()
            }
        }
        if Task.isCancelled {
            release(key, ticket)
            throw CancellationError()
        }
        return ticket
    }

    /// Gives up the lock, or the place in the line.
    private func release(_ key: Key, _ ticket: UInt64) {
        let next = state.withLock { state -> AsyncSignal? in
            guard var line = state.lines[key] else { return nil }
            guard line.holder == ticket else {
                line.waiting.removeAll { $0.ticket == ticket }
                state.lines[key] = line
                return nil
            }
            guard !line.waiting.isEmpty else {
                state.lines[key] = nil
                return nil
            }
            let next = line.waiting.removeFirst()
            line.holder = next.ticket
            state.lines[key] = line
            return next.signal
        }
        next?.ring()
    }
}
