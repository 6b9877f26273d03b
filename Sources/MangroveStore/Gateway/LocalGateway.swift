import Mangrove

/// Answers for the stores of a node in the same program.
///
/// A request that meets a store in the middle of a restart is made again, with growing pauses, until the store's retry
/// limit is over. That is safe for appends too: their events carry ids, so that one that had in fact been appended is
/// recognised and answered with its first result.
public final class LocalGateway: Gateway {
    let runtime: Runtime
    let node: NodePlace
    private let allowFaults: Bool
    let manager: Address<StoreManager>
    var encryption: StreamEncryption? { node.encryption }

    init(_ runtime: Runtime, _ node: NodePlace, allowFaults: Bool) {
        self.runtime = runtime
        self.node = node
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
        try check(events, for: store)
        try await admit(events.count, to: store)
        let events = try await sealed(events, of: stream, in: store)
        let results = try await retrying(store, appends: true, recognized: true) { [self] in
            try await put(AppendRequest(stream: stream, expecting: expected, events), to: stream, in: store)
        }
        return results.first ?? AppendResult(stream: stream, version: -1, position: nil)
    }

    /// Appends to several streams as one atomic batch, and returns when it is durable.
    public func append(
        to store: String,
        _ parts: [StreamBatch],
        if conditions: [AppendCondition]
    ) async throws -> [AppendResult] {
        let request = AppendRequest(parts, if: conditions)
        guard let first = parts.first else { return [] }
        try await admit(request, to: store)
        let sealed = try await sealed(request, in: store)
        return try await retrying(store, appends: true, recognized: true) { [self] in
            try await worker(store, first.stream).call { try await $0.append(sealed) }.results()
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
        metrics.merge(StoreMetrics.metrics(node.counters, node.running))
        // Where something is being restarted, its numbers are missing this once.
        if let (facts, health) = try? await lookAtHealth() {
            StoreMetrics.add(facts, to: &metrics)
            StoreMetrics.add(health, to: &metrics)
        }
        return metrics.prometheus
    }

    /// Makes a process crash, or be killed: by its path, a pattern, or its name.
    public func crash(_ path: String, kill: Bool) async throws {
        guard allowFaults else {
            throw StoreError.refused("this node was started without faults allowed (--allow-faults)")
        }
        func crash(at path: String) -> Bool { runtime.crash(at: path, with: InjectedFault(path: path), kill: kill) }
        // An id may look like a name or a pattern: a path that is there is meant.
        if crash(at: path) { return }
        let target = CrashTarget(text: path)
        // To look at all processes takes time where there are many.
        guard target.isSearched, let found = target.find(in: runtime.tree()), crash(at: found) else {
            throw StoreError.invalid("there is no process at '\(path)'")
        }
    }

    /// Checks a store's files.
    public func verify(_ store: String) async throws -> VerifyReport {
        if !StoreID.isReserved(store) { try await askManager { _ = try $0.status(store) } }
        let (disk, directory) = (runtime.environment.disk, node.data.directory(of: store).path)
        // A store at work is verified up to its last durable event.
        let engine = node.running.session(of: store)?.engine
        return try await runtime.environment.blocking.run {
            try engine?.verify() ?? StoreEngine.verify(disk: disk, directory: directory, store: store)
        }
    }

    // MARK: Ways in

    func worker(_ store: String, _ stream: String) throws -> Ref<GatewayWorker> {
        if StoreID.isReserved(store) { throw StoreError.refused("store '\(store)' is the node's own") }
        return try runtime.address(StoreName(store: store).name(.gateway), of: SupervisorProcess.self)
            .partition(for: stream, as: GatewayWorker.self)
    }

    func reader(_ store: String, _ key: some StableHashable) throws -> Ref<StreamReader> {
        try runtime.address(StoreName(store: store).name(.readers), of: SupervisorProcess.self)
            .partition(for: key, as: StreamReader.self)
    }

    /// What enters is JSON, and no more of it than allowed.
    func check(_ events: [NewEvent], for store: String) throws(StoreError) {
        let terms = node.controls.terms(of: store)
        guard events.count <= terms.maximumEvents else {
            throw .invalid("an append carries at most \(terms.maximumEvents) events, this one \(events.count)")
        }
        var size = 0
        for number in events.indices {
            do throws(JSONError) {
                try JSONText.check(events[number].data)
                size += events[number].data.count
                if let metadata = events[number].metadata {
                    try JSONText.check(metadata)
                    size += metadata.count
                }
            } catch {
                throw .invalid("the data or metadata of event \(events[number].id) is not JSON: \(error)")
            }
        }
        guard size <= terms.maximumBytes else {
            throw .invalid("an append carries at most \(terms.maximumBytes) bytes, this one \(size)")
        }
    }

    /// Checks an append and holds it to the store's rate, if it has one.
    func admit(_ request: AppendRequest, to store: String) async throws {
        try request.check()
        let events = request.parts.flatMap(\.events)
        try check(events, for: store)
        try await admit(events.count, to: store)
    }

    /// The append as it is to be kept: what belongs to encrypted streams is.
    func sealed(_ request: AppendRequest, in store: String) async throws -> AppendRequest {
        var sealed = request
        for number in request.parts.indices {
            let part = request.parts[number]
            sealed.parts[number].events = try await self.sealed(part.events, of: part.stream, in: store)
        }
        return sealed
    }

    /// Holds events to the store's rate, if it has one.
    func admit(_ count: Int, to store: String) async throws {
        guard node.controls.terms(of: store).isRateLimited else { return }
        try node.controls.take(count, in: store, at: runtime.clock.now())
    }

    /// Asks the manager what it knows.
    func askManager<Answer: Sendable>(
        _ body: @escaping @Sendable (isolated StoreManager) throws -> Answer
    ) async throws -> Answer {
        do {
            return try await manager.call(timeout: nil, body)
        } catch let error as CallError {
            throw StoreError.unavailable(store: "", why: "the store manager: \(error)")
        }
    }

    /// Waits until the manager starts no stores any more.
    func awaitStarts() async throws {
        let deadline = runtime.clock.now().advanced(by: node.settings.retryLimit)
        _ = try await answered("", by: deadline) { manager in
            try await manager.ask(timeout: nil) { $0.awaitStarts($1) }
        }
    }

    /// Has the manager do something, and waits until it is done.
    ///
    /// Should the manager be restarted meanwhile, it is asked again: it recognises what it has done already.
    func request(_ store: String, _ request: StoresMachine.Request) async throws -> StoresMachine.Answer {
        let deadline = runtime.clock.now().advanced(by: node.controls.terms(of: store).retryLimit)
        return try await answered(store, by: deadline) { manager in
            try await manager.ask(timeout: nil) { $0.take(store, request, $1) }
        }
    }

    /// Leaves something for the manager to do, and does not wait.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if nobody takes it.
    func leave(_ store: String, _ request: StoresMachine.Request) throws(StoreError) {
        do {
            try manager.cast { $0.take(store, request, nil) }
        } catch {
            throw .unavailable(store: store, why: "the store manager: \(error)")
        }
    }

    private func answered(
        _ store: String,
        by deadline: RuntimeInstant,
        _ ask: (Address<StoreManager>) async throws -> StoresMachine.Answer
    ) async throws -> StoresMachine.Answer {
        var pause = Duration.milliseconds(2)
        var unsure = false
        while true {
            let why: String
            do {
                return try await ask(manager)
            } catch let error as CallError {
                why = "the store manager: \(error)"
                if case .exited = error { unsure = true }
            } catch StoreError.noSuchStore(store) where unsure {
                // What was to be removed is gone; whether by this request cannot be told.
                throw StoreError.outcomeUnknown(store: store, why: "the store manager ended meanwhile")
            }
            guard runtime.clock.now().advanced(by: pause) < deadline else {
                throw unsure ? StoreError.outcomeUnknown(store: store, why: why) : .unavailable(store: store, why: why)
            }
            try await runtime.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(500))
        }
    }

    /// Makes a request until it is answered or the limit is over.
    ///
    /// - Parameter appends: whether a failure leaves open what was done.
    /// - Parameter recognized: whether the store recognises what it has done before, and refuses only what it has not.
    /// - Parameter ensuring: whether the store is started first.
    func retrying<Answer: Sendable>(
        _ store: String,
        appends: Bool = false,
        recognized: Bool = false,
        ensuring: Bool = true,
        _ request: @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let deadline = runtime.clock.now().advanced(by: node.controls.terms(of: store).retryLimit)
        var pause = Duration.milliseconds(2)
        var unsure = false
        var hasLooked = false
        while true {
            let why: String
            do {
                if ensuring { try await ensure(store) }
                return try await request()
            } catch StoreError.limitReached(_, let use) where use.kind == .free && !hasLooked {
                // Somebody may have made room since the disk was looked at.
                hasLooked = true
                try await lookAtDisk(of: store)
                continue
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
            } catch let error where unsure && !(recognized && (error as? StoreError)?.isRefusal ?? false) {
                // An earlier try may have done it all the same.
                throw StoreError.outcomeUnknown(store: store, why: "\(error)")
            }
            guard runtime.clock.now().advanced(by: pause) < deadline else {
                throw unsure ? StoreError.outcomeUnknown(store: store, why: why) : .unavailable(store: store, why: why)
            }
            do {
                try await runtime.sleep(for: pause)
            } catch is CancellationError where unsure {
                throw StoreError.outcomeUnknown(store: store, why: "\(why), and its caller was cancelled")
            }
            pause = min(pause * 2, .milliseconds(500))
        }
    }

    private func lookAtDisk(of store: String) async throws {
        let (disk, path) = (runtime.environment.disk, node.data.directory(of: store).path)
        guard let free = try? await runtime.environment.blocking.run({ try disk.freeSpace(at: path) }) else { return }
        node.controls.note(free: free, of: store)
    }

    /// Starts the store if it is not running; a running one costs no more than a look.
    private func ensure(_ store: String) async throws {
        guard node.running.session(of: store) == nil else { return }
        if StoreID.isReserved(store) {
            guard keepsConfiguration else { throw StoreError.noSuchStore(store) }
            throw StoreError.unavailable(store: store, why: "it is not open")
        }
        if node.halted.contains(store) { throw StoreError.refused("store '\(store)' is inactive") }
        _ = try await request(store, .run)
    }
}

extension StoreError {
    /// Whether a store says this of what it has looked for among what it has, and not found: then no try before has done it either.
    fileprivate var isRefusal: Bool {
        switch self {
        case .wrongExpectedVersion, .eventIDConflict, .conditionFailed, .invalid, .limitReached: true
        default: false
        }
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
