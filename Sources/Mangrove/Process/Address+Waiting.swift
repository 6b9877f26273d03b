extension Address {
    /// Waits until a process other than `earlier` has the name: for the incarnation after a crash.
    ///
    /// - Parameters:
    ///   - earlier: a process that does not count, usually the one that has just ended; nil to accept any.
    ///   - limit: how long to wait; nil for as long as it takes.
    /// - Returns: the process that has the name.
    /// - Throws: ``CallError/timedOut(_:)`` if nobody has taken the name in time; `CancellationError`.
    public func resolve(after earlier: Ref<Target>?, within limit: Duration? = .seconds(5)) async throws -> Ref<Target>
    {
        let deadline = limit.map { runtime.clock.now().advanced(by: $0) }
        let bell = AsyncSignal()
        // Watched before it is looked for, so that nobody slips in between.
        let watch = runtime.nameWatchers.add(name) { bell.ring() }
        let timer = deadline.map { runtime.clock.schedule(at: $0) { bell.ring() } }
        defer {
            runtime.nameWatchers.remove(name, watch)
            timer?.cancel()
        }
        while true {
            if let found = try? resolve(), found != earlier, !found.isDead { return found }
            try Task.checkCancellation()
            if let limit, let deadline, runtime.clock.now() >= deadline { throw CallError.timedOut(limit) }
            await bell.wait()
        }
    }
}

/// Who waits for a name to be taken.
final class NameWatchers: Sendable {
    private struct State {
        var next: UInt64 = 0
        var watchers: [ProcessName: [UInt64: @Sendable () -> Void]] = [:]
    }

    private let state = Lock(State())

    func add(_ name: ProcessName, _ notify: @escaping @Sendable () -> Void) -> UInt64 {
        state.withLock { state in
            state.next += 1
            state.watchers[name, default: [:]][state.next] = notify
            return state.next
        }
    }

    func remove(_ name: ProcessName, _ watch: UInt64) {
        state.withLock { state in
            state.watchers[name]?[watch] = nil
            if state.watchers[name]?.isEmpty ?? false { state.watchers[name] = nil }
        }
    }

    /// Tells those who wait that the name has been taken.
    func taken(_ name: ProcessName) {
        let waiting = state.withLock { state in state.watchers.isEmpty ? nil : state.watchers[name] }
        // In the order in which they came: a dictionary's own differs from run to run.
        for (_, notify) in (waiting ?? [:]).sorted(by: { $0.key < $1.key }) { notify() }
    }
}
