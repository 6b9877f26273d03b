import Mangrove

/// Where an operation puts what it has to say: the newest progress, and its end.
final class OperationBoard: OperationFeed {
    private struct State {
        var progress: OperationProgress?
        var end: Result<OperationUpdate, StoreError>?
        var isClosed = false
        var onClose: (@Sendable () -> Void)?
    }

    private let state = Lock(State())
    private let news = AsyncSignal()

    /// Says how far the operation has come, in place of what was not taken yet.
    func report(_ progress: OperationProgress) {
        state.withLock { $0.progress = progress }
        news.ring()
    }

    /// Says how it ended; the first end counts.
    func end(_ end: Result<OperationUpdate, StoreError>) {
        state.withLock { state in
            if state.end == nil { state.end = end }
        }
        news.ring()
    }

    func next() async throws -> OperationUpdate? {
        while !Task.isCancelled {
            let update: Result<OperationUpdate, StoreError>? = state.withLock { state in
                if let progress = state.progress.take() { return .success(.progress(progress)) }
                return state.end
            }
            if let update { return try update.get() }
            if state.withLock({ $0.isClosed }) { return nil }
            await news.wait()
        }
        return nil
    }

    func close() {
        let onClose = state.withLock { state in
            state.isClosed = true
            return state.onClose.take()
        }
        onClose?()
        news.ring()
    }

    /// Runs `action` once nobody waits any more; at once if that is so already.
    func onClose(_ action: @escaping @Sendable () -> Void) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.onClose = action }
            return state.isClosed
        }
        if isClosed { action() }
    }
}
