import Mangrove
import MangroveStore

/// Stores in memory, as simple as can be.
final class FakeGateway: Gateway, NoSubscriptions {
    struct Store {
        var events: [RecordedEvent] = []
        var settings: [String: StreamSettings] = [:]
        var snapshots: [Snapshot] = []
        var problem: String?
        var configuration = StoreConfiguration()

        func stream(_ name: String) -> [RecordedEvent] { events.filter { $0.stream == name } }
    }

    private struct State {
        var stores: [String: Store] = [:]
        var kept: [String: Store] = [:]
        var failing: (after: Int, error: StoreError)?
        var appends: [[StreamBatch]] = []
        var crashed: [String] = []
        var largestRead = 0
    }

    private let state: Lock<State>
    /// What its operations say.
    let script = Lock<[OperationUpdate]>([])
    /// How it is.
    let wellbeing = Lock(NodeHealth(time: Timestamp(microseconds: 0), components: []))
    /// The operations that it was asked for.
    let operations = Lock<[OperationRequest]>([])

    init(stores: [String] = ["orders"]) {
        state = Lock(State(stores: Dictionary(uniqueKeysWithValues: stores.map { ($0, Store()) })))
    }

    /// The appends that were carried out.
    var appends: [[StreamBatch]] { state.withLock { $0.appends } }
    /// The processes that were made to crash.
    var crashed: [String] { state.withLock { $0.crashed } }
    /// The most events that were asked for at once.
    var largestRead: Int { state.withLock { $0.largestRead } }

    /// Lets `count` more appends pass, and fails those after them.
    func fail(after count: Int, _ error: StoreError) {
        state.withLock { $0.failing = (count, error) }
    }

    /// Breaks a store.
    func damage(_ store: String, _ problem: String) {
        state.withLock { $0.stores[store]?.problem = problem }
    }

    /// All events of a store.
    func events(_ store: String = "orders") -> [RecordedEvent] {
        state.withLock { $0.stores[store]?.events ?? [] }
    }

    func with<Result: Sendable>(_ id: String, _ body: (inout Store) throws -> Result) throws -> Result {
        try state.withLock { state in
            guard var store = state.stores[id] else { throw StoreError.noSuchStore(id) }
            if let problem = store.problem {
                throw StoreError.damaged(store: id, file: "0.log", offset: 7, what: problem)
            }
            defer { state.stores[id] = store }
            return try body(&store)
        }
    }

    private func add(_ events: [NewEvent], to stream: String, _ store: inout Store) -> AppendResult {
        var last: Int?
        for event in events {
            let present = store.stream(stream)
            if let known = present.first(where: { $0.id == event.id }) {
                last = known.position
                continue
            }
            last = store.events.count
            store.events.append(
                RecordedEvent(
                    stream: stream,
                    version: present.count,
                    position: store.events.count,
                    id: event.id,
                    type: event.type,
                    data: event.data,
                    metadata: event.metadata,
                    created: Timestamp(microseconds: Int64(store.events.count))
                )
            )
        }
        return AppendResult(stream: stream, version: store.stream(stream).count - 1, position: last)
    }

    private func took(_ parts: [StreamBatch]) throws {
        try state.withLock { state in
            if let failing = state.failing {
                guard failing.after > 0 else { throw failing.error }
                state.failing?.after -= 1
            }
            state.appends.append(parts)
        }
    }

    func append(
        to store: String,
        stream: String,
        expecting expected: ExpectedVersion,
        _ events: [NewEvent]
    ) async throws -> AppendResult {
        try took([StreamBatch(stream: stream, events: events)])
        return try with(store) { store in
            let actual = store.stream(stream).count - 1
            let fits =
                switch expected {
                case .any: true
                case .noStream: actual == -1
                case .streamExists: actual >= 0
                case .exactly(let version): actual == version
                }
            guard fits else {
                throw StoreError.wrongExpectedVersion(stream: stream, expected: expected, actual: actual)
            }
            return add(events, to: stream, &store)
        }
    }

    func append(
        to store: String,
        _ parts: [StreamBatch],
        if conditions: [AppendCondition]
    ) async throws -> [AppendResult] {
        try took(parts)
        return try with(store) { store in
            var results: [AppendResult] = []
            for part in parts { results.append(add(part.events, to: part.stream, &store)) }
            return results
        }
    }

    func read(
        from store: String,
        stream: String,
        start: Int?,
        count: Int,
        direction: ReadDirection
    ) async throws -> [RecordedEvent] {
        state.withLock { $0.largestRead = max($0.largestRead, count) }
        return try with(store) { store in
            let events = store.stream(stream)
            if direction == .forward { return Array(events.dropFirst(start ?? 0).prefix(count)) }
            return Array(events.prefix((start ?? .max - 1) + 1).reversed().prefix(count))
        }
    }

    func readAll(from store: String, start: Int, count: Int) async throws -> [RecordedEvent] {
        state.withLock { $0.largestRead = max($0.largestRead, count) }
        return try with(store) { Array($0.events.dropFirst(start).prefix(count)) }
    }

    func version(of stream: String, in store: String) async throws -> Int {
        try with(store) { $0.stream(stream).count - 1 }
    }

    func streams(of store: String) async throws -> [StreamInfo] {
        try with(store) { store in
            Set(store.events.map(\.stream)).sorted().map { StreamInfo(stream: $0, version: store.stream($0).count - 1) }
        }
    }

    func stores() async throws -> [StoreInfo] {
        state.withLock { state in
            state.stores.keys.sorted().map { id in
                let store = state.stores[id]
                return StoreInfo(
                    id: id,
                    status: store?.problem == nil ? .running : .damaged,
                    events: store?.events.count,
                    problem: store?.problem
                )
            }
        }
    }

    func createStore(_ id: String, _ configuration: StoreConfiguration) async throws {
        try state.withLock { state in
            guard state.stores[id] == nil else { throw StoreError.storeExists(id) }
            guard !id.contains("/") else { throw StoreError.invalid("a store id has no '/'") }
            state.stores[id] = Store(configuration: configuration)
        }
    }

    func requestStore(_ id: String, _ configuration: StoreConfiguration) async throws {
        try await createStore(id, configuration)
    }

    private static let identity = String(repeating: "0123456789abcdef", count: 2)

    func removeStore(_ id: String, erasing: Bool) async throws -> RemovedStore {
        try state.withLock { state in
            guard let store = state.stores.removeValue(forKey: id) else { throw StoreError.noSuchStore(id) }
            if erasing { return RemovedStore(id: id, kept: nil, directory: "data/" + id) }
            let kept = KeptStore(id: id, identity: Self.identity)
            state.kept[kept.name] = store
            return RemovedStore(id: id, kept: kept, directory: "data/" + id)
        }
    }

    func requestRemoval(of id: String) async throws { try await removeStore(id) }

    func keptStores() async throws -> [KeptStore] {
        state.withLock { $0.kept.keys.sorted().compactMap { KeptStore(name: $0) } }
    }

    func reviveStore(_ kept: String) async throws {
        try state.withLock { state in
            guard let name = state.kept.keys.first(where: { $0 == kept || $0.hasPrefix(kept + "@") }),
                let store = state.kept.removeValue(forKey: name), let id = KeptStore(name: name)?.id
            else { throw StoreError.noSuchStore(kept) }
            state.stores[id] = store
        }
    }

    func eraseKeptStore(_ kept: String) async throws {
        try state.withLock { state in
            guard let name = state.kept.keys.first(where: { $0 == kept || $0.hasPrefix(kept + "@") }) else {
                throw StoreError.noSuchStore(kept)
            }
            state.kept[name] = nil
        }
    }

    func ownConfiguration(of id: String) async throws -> StoreConfiguration { try with(id) { $0.configuration } }

    func configureStore(_ id: String, _ configuration: StoreConfiguration) async throws -> Bool {
        try with(id) { store in
            defer { store.configuration = configuration }
            return store.configuration.partitions != configuration.partitions
        }
    }

    func storeStatus(_ id: String) async throws -> StoreInfo {
        guard let info = try await stores().first(where: { $0.id == id }) else { throw StoreError.noSuchStore(id) }
        return info
    }

    func storeConfiguration(_ id: String) async throws -> [String: String] {
        try with(id) { _ in ["segment-bytes": "1024", "durability": "flushed"] }
    }

    func metrics() async throws -> String {
        "mangrove_processes 7\n"
    }

    func appendRecorded(_ batches: [RecordedBatch], to store: String) async throws -> Int? {
        var last: Int?
        for batch in batches {
            try took(batch.parts)
            try with(store) { store in
                for part in batch.parts {
                    let before = store.events.count
                    last = add(part.events, to: part.stream, &store).position ?? last
                    for number in before..<store.events.count { store.events[number].created = batch.created }
                }
            }
        }
        return last
    }

    func health() async throws -> NodeHealth { wellbeing.withLock { $0 } }

    func operation(_ request: OperationRequest) -> NodeOperation {
        operations.withLock { $0.append(request) }
        return NodeOperation(saying: script.withLock { $0 })
    }

    func tree(_ format: TreeFormat) async throws -> String {
        "tree as \(format.rawValue)"
    }

    func crash(_ path: String, kill: Bool) async throws {
        guard path != "forbidden" else { throw StoreError.refused("the node was started without --allow-faults") }
        state.withLock { $0.crashed.append(path + (kill ? " killed" : "")) }
    }

    func verify(_ store: String) async throws -> VerifyReport {
        try with(store) { value in
            VerifyReport(
                store: store,
                records: 1,
                events: value.events.count,
                streams: Set(value.events.map(\.stream)).count,
                bytes: 100,
                problems: []
            )
        }
    }
}
