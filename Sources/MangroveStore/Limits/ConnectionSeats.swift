import Mangrove

/// The stores that one connection has in use: from the first request for a store until the connection is gone.
final class ConnectionSeats: Sendable {
    private let controls: StoreControls
    private let taken = Lock<[String: Int]>([:])

    init(_ controls: StoreControls) {
        self.controls = controls
    }

    deinit {
        for (store, number) in taken.withLock({ $0 }) { controls.leave(store, number) }
    }

    /// Has the connection use a store; fine if it does already.
    /// - Throws: ``StoreError/limitReached(store:_:)`` if no more connections may.
    func take(_ store: String) throws(StoreError) {
        try taken.withLock { taken throws(StoreError) in
            if taken[store] == nil { taken[store] = try controls.enter(store) }
        }
    }
}

extension GatewayRequest {
    /// The stores whose events, streams or subscriptions it is about; none for what only looks at stores or manages them, so
    /// that this works where a store has all the connections that it may have.
    var usedStores: [String] {
        switch self {
        case .append, .appendParts, .read, .readAll, .version, .streams, .log, .projection, .subscription:
            store.isEmpty ? [] : [store]
        case .transaction(.append(let batches)): batches.map(\.store)
        // A migration and the like use what they use within the node.
        case .operation(.append(let store, _)): [store]
        case .stores, .storeStatus, .storeConfiguration, .tree, .metrics, .crash, .verify, .present, .managed,
            .transaction, .configuration, .operation:
            []
        }
    }
}
