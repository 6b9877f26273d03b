import Mangrove

/// Carries what an emitter has for its subscriber: a queue that can make the emitter wait when it is full.
package final class EventChannel<Element: Sendable>: Sendable {
    /// How it ended.
    package enum End: Sendable {
        /// The subscriber stopped listening.
        case cancelled
        /// The emitter is gone; the subscriber can go on from where it was.
        case interrupted
        /// There is nothing more to be had, for this reason.
        case refused(StoreError)
    }

    private struct State {
        var elements: [Element] = []
        var queued = 0
        var end: End?
        var receiver: UnsafeContinuation<Void, Never>?
        var sender: UnsafeContinuation<Void, Never>?
        var onEnd: (@Sendable () -> Void)?
    }

    private let capacity: Int
    private let weight: @Sendable (Element) -> Int
    private let state = Lock(State())

    /// - Parameter capacity: the weight of elements from which on ``send(_:)`` waits.
    package init(capacity: Int, weight: @escaping @Sendable (Element) -> Int = { _ in 1 }) {
        self.capacity = capacity
        self.weight = weight
    }

    /// Adds an element, waiting while the queue is full.
    /// - Returns: false if nobody will take it any more.
    package func send(_ element: Element) async -> Bool {
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
        return offer([element])
    }

    /// Adds elements, whether the queue is full or not.
    /// - Returns: false if nobody will take them any more.
    @discardableResult
    func offer(_ elements: [Element]) -> Bool {
        let weight = elements.reduce(0) { $0 + self.weight($1) }
        let (open, receiver) = state.withLock { state -> (Bool, UnsafeContinuation<Void, Never>?) in
            guard state.end == nil else { return (false, nil) }
            state.elements.append(contentsOf: elements)
            state.queued += weight
            return (true, state.receiver.take())
        }
        receiver?.resume()
        return open
    }

    /// Takes out what was not received yet and is not wanted any more.
    func withdraw(_ isMeant: (Element) -> Bool) {
        let weight = weight
        let sender = state.withLock { state -> UnsafeContinuation<Void, Never>? in
            state.elements.removeAll(where: isMeant)
            state.queued = state.elements.reduce(0) { $0 + weight($1) }
            return state.queued < capacity ? state.sender.take() : nil
        }
        sender?.resume()
    }

    /// Takes the next elements, waiting for the first; one receiver at a time.
    ///
    /// A cancelled receiver ends the channel.
    /// - Returns: nil once the channel has ended and what was queued has been taken.
    package func receive(most: Int = .max) async -> [Element]? {
        await withTaskCancellationHandler {
            while true {
                if let answer = take(most) { return answer }
                await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                    let ready = state.withLock { state -> Bool in
                        if !state.elements.isEmpty || state.end != nil { return true }
                        state.receiver = continuation
                        return false
                    }
                    if ready { continuation.resume() }
                }
            }
        } onCancel: {
            close(.cancelled)
        }
    }

    /// - Returns: what is there, nil inside for the end, or nil if there is nothing yet.
    private func take(_ most: Int) -> [Element]?? {
        let weight = weight
        let (answer, sender) = state.withLock { state -> ([Element]??, UnsafeContinuation<Void, Never>?) in
            guard !state.elements.isEmpty else { return (state.end == nil ? nil : .some(nil), nil) }
            let taken = Array(state.elements.prefix(most))
            state.elements.removeFirst(taken.count)
            state.queued -= taken.reduce(0) { $0 + weight($1) }
            return (.some(taken), state.queued < capacity ? state.sender.take() : nil)
        }
        sender?.resume()
        return answer
    }

    /// Ends the channel; the first end counts.
    /// - Parameter discarding: whether what is queued cannot be received any more, as when its subscriber ends it.
    package func close(_ end: End, discarding: Bool = false) {
        let ended = state.withLock { state -> State? in
            guard state.end == nil else { return nil }
            state.end = end
            if case .cancelled = end { (state.elements, state.queued) = ([], 0) }
            if discarding { (state.elements, state.queued) = ([], 0) }
            let ended = state
            state.receiver = nil
            state.sender = nil
            state.onEnd = nil
            return ended
        }
        ended?.receiver?.resume()
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
