import Mangrove

/// Answers for the stores of a node in the same program.
///
/// A request that meets a store in the middle of a restart is made again, with growing pauses, until the store's retry
/// limit is over. That is safe for appends too: their events carry ids, so that one that had in fact been appended is
/// recognised and answered with its first result.
public final class LocalGateway: Gateway {
    let runtime: Runtime
    private let data: DataDirectory
    private let settings: StoreSettings
    private let allowFaults: Bool
    private let running: RunningStores
    private let counters: StoreCounterBook
    private let manager: Address<StoreManager>

    init(
        _ runtime: Runtime,
        _ data: DataDirectory,
        _ settings: StoreSettings,
        _ running: RunningStores,
        _ counters: StoreCounterBook,
        allowFaults: Bool
    ) {
        self.runtime = runtime
        self.data = data
        self.settings = settings
        self.running = running
        self.counters = counters
        self.allowFaults = allowFaults
        manager = runtime.address(StoreManager.name, of: StoreManager.self)
    }

    // MARK: Streams

    /// Appends one atomic batch to a stream, and returns when it is durable.
    public func append(
        to store: String,
        stream: String,
        expecting expected: ExpectedVersion,
        _ events: [NewEvent]
    ) async throws -> AppendResult {
        try AppendRequest(stream: stream, expecting: expected, events).check()
        try check(events)
        let results = try await retrying(store, appends: true) { [self] in
            try await worker(store, stream).call { try await $0.append(stream, expected, events) }.results()
        }
        return results.first ?? AppendResult(stream: stream, version: -1, position: nil)
    }

    /// Appends to several streams as one atomic batch, and returns when it is durable.
    public func append(to store: String, _ parts: [StreamBatch]) async throws -> [AppendResult] {
        try AppendRequest(parts).check()
        try check(parts.flatMap(\.events))
        guard let first = parts.first else { return [] }
        return try await retrying(store, appends: true) { [self] in
            try await worker(store, first.stream).call { try await $0.append(parts) }.results()
        }
    }

    /// Reads events of a stream.
    public func read(
        from store: String,
        stream: String,
        start: Int?,
        count: Int,
        direction: ReadDirection
    ) async throws -> [RecordedEvent] {
        try AppendRequest.check(stream: stream)
        return try await retrying(store) { [self] in
            try await reader(store, stream).call(timeout: nil) {
                try await $0.read(stream, start: start, count: count, direction: direction)
            }
        }
    }

    /// Reads events of all streams, in the order of their positions.
    public func readAll(from store: String, start: Int, count: Int) async throws -> [RecordedEvent] {
        try await retrying(store) { [self] in
            try await reader(store, start).call(timeout: nil) { try await $0.readAll(start: start, count: count) }
        }
    }

    /// A stream's last version; −1 if it has no events.
    public func version(of stream: String, in store: String) async throws -> Int {
        try AppendRequest.check(stream: stream)
        return try await retrying(store) { [self] in
            try await reader(store, stream).call { $0.version(of: stream) }
        }
    }

    /// The streams of a store with their last versions, sorted by name.
    public func streams(of store: String) async throws -> [StreamInfo] {
        try await retrying(store) { [self] in
            try await reader(store, "").call(timeout: nil) { try await $0.streams() }
        }
    }

    // MARK: Subscriptions

    /// Follows a store, or one stream of it, from a place on: first what is there, then what is committed.
    ///
    /// - Parameter start: the first position to be delivered, or for one stream the first version.
    /// - Throws: ``StoreError/invalid(_:)`` for a negative start.
    public func subscribe(
        to store: String,
        _ source: SubscriptionSource,
        from start: Int = 0
    ) throws -> EventSubscription {
        guard start >= 0 else { throw StoreError.invalid("a subscription starts at 0 or later, not at \(start)") }
        if case .stream(let stream) = source { try AppendRequest.check(stream: stream) }
        return EventSubscription(gateway: self, store: store, start: SubscriptionStart(source: source, next: start))
    }

    func follow(_ store: String, _ start: SubscriptionStart) async throws -> EventChannel {
        try await retrying(store) { [self] in
            let channel = EventChannel(capacity: 1_024)
            let leader = runtime.address(StoreName(store: store).name(.leaderWorker), of: LeaderWorker.self)
            try await leader.call { try await $0.startEmitter(start, into: channel) }
            return channel
        }
    }

    // MARK: Stores

    /// The stores of the node, sorted by id.
    public func stores() async throws -> [StoreInfo] {
        try await askManager { $0.list() }
    }

    /// Makes a new store and starts it.
    public func createStore(_ id: String) async throws {
        try await askManager { try await $0.create(id) }
    }

    /// Stops a store and removes it with its events.
    public func removeStore(_ id: String) async throws {
        try await askManager { try await $0.remove(id) }
    }

    /// How one store is doing.
    public func storeStatus(_ id: String) async throws -> StoreInfo {
        var info = try await askManager { try $0.status(id) }
        let monitor = runtime.address(StoreName(store: id).name(.nodeMonitor), of: NodeMonitor.self)
        if info.problem == nil { info.problem = try? await monitor.call { $0.problem } }
        return info
    }

    /// A store's configuration.
    public func storeConfiguration(_ id: String) async throws -> [String: String] {
        _ = try await askManager { try $0.status(id) }
        var configuration = settings.described
        configuration["directory"] = data.directory(of: id).path
        return configuration
    }

    // MARK: The node

    /// The node's live supervision tree, rendered.
    public func tree(_ format: TreeFormat) async throws -> String {
        let tree = runtime.tree()
        return switch format {
        case .text: tree.text
        case .json: tree.json
        case .mermaid: tree.mermaid
        }
    }

    /// The node's metrics: the runtime's and the stores'.
    public func metrics() async throws -> String {
        var metrics = runtime.metrics()
        metrics.merge(StoreMetrics.metrics(counters, running))
        return metrics.prometheus
    }

    /// Makes the process at `path` crash, or be killed.
    public func crash(_ path: String, kill: Bool) async throws {
        guard allowFaults else {
            throw StoreError.refused("this node was started without faults allowed (--allow-faults)")
        }
        guard runtime.crash(at: path, with: InjectedFault(path: path), kill: kill) else {
            throw StoreError.invalid("there is no process at '\(path)'")
        }
    }

    /// Checks a store's files.
    public func verify(_ store: String) async throws -> VerifyReport {
        try await askManager { _ = try $0.status(store) }
        let (disk, directory) = (runtime.environment.disk, data.directory(of: store).path)
        // A store at work is verified up to its last durable event.
        let engine = running.session(of: store)?.engine
        return try await runtime.environment.blocking.run {
            try engine?.verify() ?? StoreEngine.verify(disk: disk, directory: directory)
        }
    }

    // MARK: Ways in

    private func worker(_ store: String, _ stream: String) throws -> Ref<GatewayWorker> {
        try runtime.address(StoreName(store: store).name(.gateway), of: SupervisorProcess.self)
            .partition(for: stream, as: GatewayWorker.self)
    }

    private func reader(_ store: String, _ key: some StableHashable) throws -> Ref<StreamReader> {
        try runtime.address(StoreName(store: store).name(.readers), of: SupervisorProcess.self)
            .partition(for: key, as: StreamReader.self)
    }

    /// What enters is JSON, and no more of it than allowed.
    private func check(_ events: [NewEvent]) throws(StoreError) {
        for event in events {
            do throws(JSONError) {
                try JSONText.check(event.data)
                if let metadata = event.metadata { try JSONText.check(metadata) }
            } catch {
                throw .invalid("the data or metadata of event \(event.id) is not JSON: \(error)")
            }
        }
        let size = events.reduce(0) { $0 + $1.data.count + ($1.metadata?.count ?? 0) }
        guard size <= settings.maximumAppendBytes else {
            throw .invalid("an append carries at most \(settings.maximumAppendBytes) bytes, this one \(size)")
        }
    }

    private func askManager<Answer: Sendable>(
        _ body: @escaping @Sendable (isolated StoreManager) async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await manager.call(timeout: nil, body)
        } catch let error as CallError {
            throw StoreError.unavailable(store: "", why: "the store manager: \(error)")
        }
    }

    /// Makes a request until it is answered or the limit is over.
    ///
    /// - Parameter appends: whether a failure leaves open what was done.
    private func retrying<Answer: Sendable>(
        _ store: String,
        appends: Bool = false,
        _ request: @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let deadline = runtime.clock.now().advanced(by: settings.retryLimit)
        var pause = Duration.milliseconds(2)
        var unsure = false
        while true {
            let why: String
            do {
                try await ensure(store)
                return try await request()
            } catch StoreError.unavailable(_, let reason) {
                why = reason
            } catch StoreError.outcomeUnknown(_, let reason) {
                why = reason
                unsure = true
            } catch let error as CallError {
                why = "\(error)"
                // What never reached its process was not done; anything else may have been.
                switch error {
                case .noProcess, .mailboxFull, .deadlock: break
                case .exited, .timedOut: unsure = appends || unsure
                }
            } catch let error as SupervisorError {
                why = "\(error)"
            }
            guard runtime.clock.now().advanced(by: pause) < deadline else {
                throw unsure ? StoreError.outcomeUnknown(store: store, why: why) : .unavailable(store: store, why: why)
            }
            try await runtime.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(500))
        }
    }

    /// Starts the store if it is not running; a running one costs no more than a look.
    private func ensure(_ store: String) async throws {
        guard running.session(of: store) == nil else { return }
        try await askManager { try await $0.ensureRunning(store) }
    }
}

/// What a process crashes with when it is made to.
struct InjectedFault: Error, CustomStringConvertible {
    var path: String
    var description: String { "fault injected at \(path)" }
}

extension RunningStores {
    /// The session of a store whose engine is open.
    func session(of store: String) -> EngineSession? {
        lookup(store, as: StoreRegistration.self)?.value
    }
}
