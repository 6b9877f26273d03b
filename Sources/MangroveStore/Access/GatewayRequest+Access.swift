extension GatewayRequest {
    /// What whoever makes it must be allowed: all of this.
    var needs: [AccessNeed] {
        // What is on record of all stores is for those who may look at the node.
        StoreID.isReserved(store) ? ownNeeds + [AccessNeed(.observe, stores: .all)] : ownNeeds
    }

    private var ownNeeds: [AccessNeed] {
        switch self {
        case .append(let store, let stream, _, _):
            [AccessNeed(.append, stores: .one(store), streams: .one(stream))]
        case .appendParts(let store, let parts, let conditions):
            [AccessNeed(.append, stores: .one(store), streams: parts.map { .one($0.stream) })]
                // Whether a condition holds says something about what it looks at.
                + conditions.map { AccessNeed(.read, stores: .one(store), streams: $0.scopes) }
        case .read(let store, let stream, _, _, _), .version(let store, let stream):
            [AccessNeed(.read, stores: .one(store), streams: .one(stream))]
        case .readAll(let store, _, _), .streams(let store):
            [AccessNeed(.read, stores: .one(store), streams: .all)]
        case .stores, .tree, .metrics: [AccessNeed(.observe, stores: .all)]
        case .managed(let store, let request): [request.need(store)]
        case .storeStatus(let store), .storeConfiguration(let store), .verify(let store):
            [AccessNeed(.observe, stores: .one(store))]
        case .crash: [AccessNeed(.faults, stores: .all)]
        case .present: []
        case .operation(let call): call.needs
        case .log(let store, let request): [request.need(store)]
        case .transaction(let request): request.needs
        case .configuration(let request): [request.need]
        case .subscription(let request): request.need.map { [$0] } ?? []
        // A projection sees the events of all streams.
        case .projection(let store, let request):
            [AccessNeed(request.changesSomething ? .manage : .read, stores: .one(store), streams: .all)]
        }
    }
}

extension OperationCall {
    fileprivate var needs: [AccessNeed] {
        switch self {
        // They read and make whole stores, and write where the node may write: for that a store of one's own is not enough.
        case .begin(.backUp), .begin(.restore): [AccessNeed([.read, .stores], stores: .all, streams: .all)]
        case .begin(.migrate(let request)):
            switch request.source {
            case .store(let store):
                [
                    AccessNeed(.read, stores: .one(store), streams: .all),
                    AccessNeed(.append, stores: .one(request.target), streams: .all),
                ]
            // The node speaks to another one in its own name.
            case .node:
                [
                    AccessNeed([.read, .stores], stores: .all, streams: .all),
                    AccessNeed(.append, stores: .one(request.target), streams: .all),
                ]
            }
        case .append(let store, let batches):
            // Whoever says when something happened can say that it is too old to be kept.
            [
                AccessNeed(
                    [.append, .manage],
                    stores: .one(store),
                    streams: batches.flatMap(\.parts).map { .one($0.stream) }
                )
            ]
        case .health: [AccessNeed(.observe, stores: .all)]
        // Something that was allowed before goes on.
        case .next, .close: []
        }
    }
}

extension LogRequest {
    fileprivate func need(_ store: String) -> AccessNeed {
        func need(_ rights: AccessRights, _ streams: AccessNeed.Scope...) -> AccessNeed {
            AccessNeed(rights, stores: .one(store), streams: streams)
        }
        return switch self {
        case .readAll(_, _, let filter): AccessNeed(.read, stores: .one(store), streams: filter.scopes)
        case .readAllBackward(_, _, let filter):
            AccessNeed(.read, stores: .one(store), streams: filter?.scopes ?? [.all])
        case .streamSettings(let stream): need(.read, .one(stream))
        case .setStreamSettings(let stream, _), .truncate(let stream, _), .deleteStream(let stream, _),
            .eraseStream(let stream):
            need(.manage, .one(stream))
        case .compact: need(.manage, .all)
        case .recordSnapshot(let snapshot, _): need(.append, .one(snapshot.id.stream))
        case .deleteSnapshot(let id): need(.manage, .one(id.stream))
        case .snapshot(let id): need(.read, .one(id.stream))
        case .latestSnapshot(_, let stream, _): need(.read, .one(stream))
        case .snapshots(_, let stream): need(.read, stream.map { .one($0) } ?? .all)
        }
    }
}

extension StoresRequest {
    fileprivate func need(_ store: String) -> AccessNeed {
        switch self {
        case .create, .requestCreation, .remove, .requestRemoval, .configure, .revive, .eraseKept:
            AccessNeed(.stores, stores: .one(self.store(store)))
        case .kept: AccessNeed(.observe, stores: .all)
        case .ownConfiguration: AccessNeed(.observe, stores: .one(store))
        }
    }
}

extension SubscriptionRequest {
    /// Nil for what goes on with something that was allowed before.
    fileprivate var need: AccessNeed? {
        switch self {
        case .next, .answer, .close: nil
        case .open(let store, let start): AccessNeed(.subscribe, stores: .one(store), streams: start.source.scope)
        case .create(let store, _, let configuration), .update(let store, _, let configuration):
            AccessNeed(.subscribe, stores: .one(store), streams: configuration.source.scope)
        // Of a durable one only the name is known here; which streams it follows is looked up when it is carried out.
        case .join(let store, _, _), .delete(let store, _), .list(let store), .settle(let store, _, _, _),
            .parked(let store, _), .replay(let store, _, _), .reset(let store, _, _), .resume(let store, _):
            AccessNeed(.subscribe, stores: .one(store), streams: .none)
        }
    }
}

extension SubscriptionSource {
    /// The streams that whoever follows it must be allowed.
    var scope: AccessNeed.Scope {
        switch self {
        case .stream(let stream): .one(stream)
        case .pattern(let pattern):
            pattern.stream.map { .one($0) } ?? pattern.streamPrefix.map { .beginning($0) } ?? .all
        case .all, .type, .typePrefix, .payload: .all
        }
    }
}

extension EventFilter {
    fileprivate var scopes: [AccessNeed.Scope] {
        alternatives.map { $0.streamPrefix.isEmpty ? .all : .beginning($0.streamPrefix) }
    }
}

extension AppendCondition {
    fileprivate var scopes: [AccessNeed.Scope] {
        switch self {
        case .stream(let stream, _): [.one(stream)]
        case .noneMatching(let filter, _): filter.scopes
        }
    }
}
