import Mangrove

/// Carries events from an emitter to its subscriber: a bounded queue that makes the emitter wait when it is full.
final class EventChannel: Sendable {
    /// How the emitter's side ended.
    enum End: Sendable {
        /// The subscriber stopped listening.
        case cancelled
        /// The emitter is gone; the subscriber can go on from where it was.
        case interrupted
    }

    private struct State {
        var batches: [[RecordedEvent]] = []
        var queued = 0
        var end: End?
        var receiver: UnsafeContinuation<[RecordedEvent]?, Never>?
        var sender: UnsafeContinuation<Void, Never>?
        var onEnd: (@Sendable () -> Void)?
    }

    private let capacity: Int
    private let state = Lock(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Adds events, waiting while the queue is full.
    /// - Returns: false if nobody will take them any more.
    func send(_ events: [RecordedEvent]) async -> Bool {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                let ready = state.withLock { state -> Bool in
                    if state.end != nil || state.queued < capacity { return true }
                    state.sender = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        } onCancel: {
            close(.interrupted)
        }
        let (open, receiver) = state.withLock { state -> (Bool, UnsafeContinuation<[RecordedEvent]?, Never>?) in
            guard state.end == nil else { return (false, nil) }
            if let receiver = state.receiver.take() { return (true, receiver) }
            state.batches.append(events)
            state.queued += events.count
            return (true, nil)
        }
        receiver?.resume(returning: events)
        return open
    }

    /// Takes the next events, waiting for them.
    /// - Returns: nil once the channel has ended and what was queued has been taken.
    func receive() async -> [RecordedEvent]? {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let (answer, sender) = state.withLock {
                    state -> ([RecordedEvent]??, UnsafeContinuation<Void, Never>?) in
                    if !state.batches.isEmpty {
                        let batch = state.batches.removeFirst()
                        state.queued -= batch.count
                        return (.some(batch), state.sender.take())
                    }
                    if state.end != nil { return (.some(nil), nil) }
                    state.receiver = continuation
                    return (nil, nil)
                }
                if let answer { continuation.resume(returning: answer) }
                sender?.resume()
            }
        } onCancel: {
            close(.cancelled)
        }
    }

    /// Ends the channel; the first end counts.
    func close(_ end: End) {
        let ended = state.withLock { state -> State? in
            guard state.end == nil else { return nil }
            state.end = end
            if case .cancelled = end { state.batches = [] }
            let ended = state
            state.receiver = nil
            state.sender = nil
            state.onEnd = nil
            return ended
        }
        ended?.receiver?.resume(returning: nil)
        ended?.sender?.resume()
        ended?.onEnd?()
    }

    /// Runs `action` when the channel ends; at once if it has.
    func onEnd(_ action: @escaping @Sendable () -> Void) {
        let hasEnded = state.withLock { state -> Bool in
            if state.end == nil { state.onEnd = action }
            return state.end != nil
        }
        if hasEnded { action() }
    }

    /// How it ended, or nil.
    var end: End? { state.withLock { $0.end } }
}
