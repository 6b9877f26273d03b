/// What has come from a program and waits for its process: handled in turns, or by `terminate` once turns are over.
final class ProgramInbox: Sendable {
    let lineLimit: Int
    /// Rung when there is something new.
    let bell = AsyncSignal()
    private struct Waiting {
        /// What was taken out and not finished: it comes before all else.
        var first: ProgramEvent?
        var others = RingQueue<ProgramEvent>()

        mutating func popFirst() -> ProgramEvent? {
            first.take() ?? others.popFirst()
        }
    }

    private let context: ProcessContext
    /// nil when nobody will look any more.
    private let queue = Lock<Waiting?>(Waiting())

    init(_ context: ProcessContext, _ lineLimit: Int) {
        self.context = context
        self.lineLimit = lineLimit
    }

    /// Takes what the program did; from its launcher's thread.
    func take(_ event: ProgramEvent) {
        let isOpen = queue.withLock { queue in
            queue?.others.append(event)
            return queue != nil
        }
        guard isOpen else { return Self.discard(event) }
        bell.ring()
        context.cell.signal { actor in try await (actor as? ProgramProcess)?.turn() }
    }

    func next() -> ProgramEvent? {
        queue.withLock { $0?.popFirst() }
    }

    /// Takes back what was not finished.
    func putBack(_ event: ProgramEvent) {
        let isOpen = queue.withLock { queue in
            queue?.first = event
            return queue != nil
        }
        if !isOpen { Self.discard(event) }
    }

    /// Drops what waits and what comes; the program is not held up by it.
    func close() {
        var left = queue.withLock { queue -> Waiting? in
            defer { queue = nil }
            return queue
        }
        while let event = left?.popFirst() { Self.discard(event) }
    }

    private static func discard(_ event: ProgramEvent) {
        if case .output(_, let handled) = event { handled() }
    }
}

/// Programs of one specification that outlived their process for a moment, because it was killed: the next one waits.
final class ProgramRemains: Sendable {
    private struct State {
        var count = 0
        var waiters: [UnsafeContinuation<Void, Never>] = []
    }

    private let state = Lock(State())

    func change(by difference: Int) {
        let waiters = state.withLock { state -> [UnsafeContinuation<Void, Never>] in
            state.count += difference
            guard state.count == 0 else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func awaitEnd() async {
        await withUnsafeContinuation { continuation in
            let isFree = state.withLock { state -> Bool in
                if state.count > 0 { state.waiters.append(continuation) }
                return state.count == 0
            }
            if isFree { continuation.resume() }
        }
    }
}

/// One program and its process, of which either can end first.
final class ProgramLife: Sendable {
    private enum State {
        case both
        case programOnly
        case noProgram
    }

    private let remains: ProgramRemains
    private let state = Lock(State.both)

    init(_ remains: ProgramRemains) {
        self.remains = remains
    }

    func processDied() {
        state.withLock { state in
            guard case .both = state else { return }
            state = .programOnly
            // Inside the lock, so that it is counted before it can be discounted. Nobody is woken by an increase.
            remains.change(by: 1)
        }
    }

    func ended() {
        let wasLeft = state.withLock { state -> Bool in
            defer { state = .noProgram }
            if case .programOnly = state { return true }
            return false
        }
        if wasLeft { remains.change(by: -1) }
    }
}
