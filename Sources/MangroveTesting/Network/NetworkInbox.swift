internal import Mangrove

/// What has arrived for one reader, and the reader, if it waits: an unbounded queue that ends with a reason.
final class NetworkInbox<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var end: NetworkError.Code?
        var reader: UnsafeContinuation<Result<Item, NetworkError>, Never>?
    }

    private let operation: String
    private let address: NetworkAddress
    private let state = Lock(State())

    init(_ operation: String, _ address: NetworkAddress) {
        self.operation = operation
        self.address = address
    }

    var isEnded: Bool { state.withLock { $0.end != nil } }

    /// Adds an item, unless it has ended.
    func put(_ item: Item) {
        let reader = state.withLock { state -> UnsafeContinuation<Result<Item, NetworkError>, Never>? in
            guard state.end == nil else { return nil }
            if let reader = state.reader.take() { return reader }
            state.items.append(item)
            return nil
        }
        reader?.resume(returning: .success(item))
    }

    /// Puts an item back before all others.
    func putBack(_ item: Item) {
        state.withLock { $0.items.insert(item, at: 0) }
    }

    /// Takes the next item, waiting for it; what had arrived before the end is still given out, unless `discarding` it.
    func take() async throws(NetworkError) -> Item {
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<Item, NetworkError>, Never>) in
                let answer = state.withLock { state -> Result<Item, NetworkError>? in
                    if !state.items.isEmpty { return .success(state.items.removeFirst()) }
                    if let end = state.end { return .failure(NetworkError(end, operation, address)) }
                    // Looked at inside the lock, so that no cancellation falls between the look and the wait.
                    if Task.isCancelled { return .failure(NetworkError(.cancelled, operation, address)) }
                    state.reader = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let reader = state.withLock { $0.reader.take() }
            reader?.resume(returning: .failure(NetworkError(.cancelled, operation, address)))
        }
        return try result.get()
    }

    /// Ends it; the first end counts.
    /// - Parameter discarding: whether what has arrived is not given out any more.
    /// - Returns: what was discarded.
    @discardableResult
    func end(_ code: NetworkError.Code, discarding: Bool = false) -> [Item] {
        let (reader, items) = state.withLock {
            state -> (UnsafeContinuation<Result<Item, NetworkError>, Never>?, [Item]) in
            if state.end == nil { state.end = code }
            guard discarding else { return (state.reader.take(), []) }
            defer { state.items = [] }
            return (state.reader.take(), state.items)
        }
        reader?.resume(returning: .failure(NetworkError(code, operation, address)))
        return items
    }
}
