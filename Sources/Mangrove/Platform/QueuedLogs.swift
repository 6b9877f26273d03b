/// Hands events to another sink from a thread of its own, so that a slow or blocked one holds up nobody.
///
/// At most so many events wait; further ones are lost, and the next one that the sink takes is preceded by an event
/// `log.lost` with their number. The thread starts with the first event and ends when the value is released and the events
/// are handed on. What waits when the program ends is lost, unless it was ``flush()``ed.
public final class QueuedLogs: LogSink {
    private let queue: LogQueue

    /// Puts a queue before `sink`.
    /// - Parameter limit: how many events may wait.
    public init(_ sink: any LogSink, limit: Int = 10_000) {
        queue = LogQueue(sink, limit: max(1, limit))
    }

    deinit {
        queue.close()
    }

    /// Queues the event.
    public func record(_ event: LogEvent) {
        queue.add(event)
    }

    /// Whether the sink is interested.
    public func accepts(_ level: LogEvent.Level, of component: LogComponent) -> Bool {
        queue.sink.accepts(level, of: component)
    }

    /// Waits until everything recorded before has been handed to the sink. Not cut short by cancellation.
    public func flush() async {
        await withUnsafeContinuation { continuation in queue.whenDone { continuation.resume() } }
    }
}

private final class LogQueue: Sendable {
    private enum Entry {
        case event(LogEvent, lostBefore: Int)
        case mark(@Sendable () -> Void)
    }

    private struct State {
        var entries = RingQueue<Entry>()
        var events = 0
        var lost = 0
        var isRunning = false
        var isClosed = false
    }

    let sink: any LogSink
    private let limit: Int
    private let state = Lock(State())
    private let bell = ThreadSignal()

    init(_ sink: any LogSink, limit: Int) {
        self.sink = sink
        self.limit = limit
    }

    func add(_ event: LogEvent) {
        put { state in
            guard state.events < limit else {
                state.lost += 1
                return
            }
            state.events += 1
            state.entries.append(.event(event, lostBefore: state.lost))
            state.lost = 0
        }
    }

    func whenDone(_ action: @escaping @Sendable () -> Void) {
        put { $0.entries.append(.mark(action)) }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        bell.ring()
    }

    private func put(_ change: (inout State) -> Void) {
        let starts = state.withLock { state -> Bool in
            change(&state)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        // Where the system has no thread for it, events are lost; the next one tries again.
        if starts, !SystemThread.start("mangrove-log", { [self] in work() }) { return withoutThread() }
        bell.ring()
    }

    /// Nobody will hand the entries on: those who wait for it must not wait for ever.
    private func withoutThread() {
        var left = state.withLock { state -> RingQueue<Entry> in
            state.isRunning = false
            state.lost += state.events
            state.events = 0
            defer { state.entries = RingQueue() }
            return state.entries
        }
        while let entry = left.popFirst() {
            if case .mark(let action) = entry { action() }
        }
    }

    private func work() {
        while true {
            let (entry, isClosed) = state.withLock { state -> (Entry?, Bool) in
                let entry = state.entries.popFirst()
                if case .event = entry { state.events -= 1 }
                return (entry, state.isClosed)
            }
            switch entry {
            case .event(let event, let lost):
                if lost > 0 { sink.record(.lost(lost, at: event.microseconds)) }
                sink.record(event)
            case .mark(let action): action()
            case nil where isClosed: return
            case nil: bell.wait()
            }
        }
    }
}
