import Mangrove

/// Keeps one projection up to date: takes events into the states of their keys, page by page, and records the states with
/// the place they have come to, in one record.
///
/// It belongs to one incarnation of the engine and ends with it.
actor ProjectionWorker: ProcessActor, LongRunning {
    private let context: ProcessContext
    private let projection: Projection
    private let log: SourceReader
    private let book: ProjectionBook
    private let upcasters: Upcasters
    private let engine: Address<Store>
    private let pubSub: Address<StorePubSub>
    private let news = AsyncSignal()
    private var progress: ProjectionBook.Progress
    private var failure: String?
    /// States that were needed lately.
    private var states: [String: [UInt8]] = [:]

    private static let keptStates = 2_000
    private static let removedAtOnce = 1_000

    private init(
        _ context: ProcessContext,
        _ place: StorePlace,
        _ names: StoreName,
        _ projection: Projection,
        _ log: SourceReader,
        _ progress: ProjectionBook.Progress
    ) {
        self.context = context
        self.projection = projection
        self.log = log
        self.progress = progress
        book = ProjectionBook(engine: log.session.engine)
        upcasters = place.upcasters
        engine = context.runtime.address(names.name(.engine), of: Store.self)
        pubSub = context.runtime.address(names.name(.pubSub), of: StorePubSub.self)
    }

    static func start(
        _ context: ProcessContext,
        _ place: StorePlace,
        _ names: StoreName,
        _ projection: Projection
    ) async throws -> ProjectionWorker {
        let log = try await SourceReader.open(context, names, projection.source)
        let book = ProjectionBook(engine: log.session.engine)
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        // Behind this, everything that an earlier incarnation had staged is durable and can be read.
        try await engine.record([FactChange(.projections, FactKey(), nil)])
        var progress =
            try await log.session.read { _ in try book.progress(of: projection.name) }
            ?? ProjectionBook.Progress(version: projection.version, generation: 0)
        if progress.version != projection.version {
            progress = .init(version: projection.version, generation: progress.generation + 1)
        }
        let worker = ProjectionWorker(context, place, names, projection, log, progress)
        context.onExit { [pubSub = worker.pubSub, id = context.id] _ in try? pubSub.cast { $0.unsubscribe(id) } }
        return worker
    }

    func run() async throws {
        let id = context.id
        try await pubSub.call { [news] in $0.subscribe(id) { _ in news.ring() } }
        while !Task.isCancelled {
            if try await removeOutdated() { continue }
            guard failure == nil, log.end > progress.next else {
                await news.wait()
                continue
            }
            try await takePage()
        }
    }

    /// Takes the next events in and records what they led to.
    private func takePage() async throws {
        let start = progress
        let page = try await log.read(from: start.next)
        let events = page.events.filter { log.source.matches($0) }
        var next = page.next
        var changed: [String: [UInt8]] = [:]
        try await load(events)
        // Unless it was rebuilt meanwhile.
        guard progress == start else { return }
        for event in events {
            do {
                let event = try upcasters.upcast(event)
                guard let key = projection.key(of: event) else { continue }
                let state = try projection.apply(changed[key] ?? states[key], event)
                guard key.utf8.count <= Self.longestKey else {
                    throw StoreError.invalid("the key has more than \(Self.longestKey) bytes")
                }
                changed[key] = state
            } catch {
                // What came before it counts.
                next = log.source.place(of: event)
                fail(event, error)
                break
            }
        }
        var reached = start
        reached.next = next
        var changes = changed.sorted { $0.key < $1.key }.map { key, state in
            FactChange(.projections, ProjectionBook.stateKey(projection.name, start.generation, key), state)
        }
        changes.append(ProjectionBook.recorded(reached, of: projection.name))
        try await engine.record(changes)
        guard progress == start else { return }
        progress = reached
        states.merge(changed) { _, new in new }
        if states.count > Self.keptStates { states = [:] }
    }

    private static let longestKey = 2_048

    /// Fetches the states of these events' keys.
    private func load(_ events: [RecordedEvent]) async throws {
        let generation = progress.generation
        let missing = Set(
            events.compactMap { event in (try? upcasters.upcast(event)).flatMap { projection.key(of: $0) } }
        )
        .filter { states[$0] == nil && $0.utf8.count <= Self.longestKey }
        guard !missing.isEmpty else { return }
        let found = try await log.session.read { [book, projection] _ in
            var found: [String: [UInt8]] = [:]
            for key in missing { found[key] = try book.state(of: projection.name, generation, key) }
            return found
        }
        if progress.generation == generation { states.merge(found) { present, _ in present } }
    }

    private func fail(_ event: RecordedEvent, _ error: any Error) {
        failure = "at event \(event.position) of stream '\(event.stream)': \(error)"
        context.runtime.emit(StoreEvents.projectionFailed) {
            (log.session.engine.store, projection.name, LoggedError(error))
        }
    }

    /// Removes states that a rebuild left behind.
    /// - Returns: whether there may be more.
    private func removeOutdated() async throws -> Bool {
        let (book, name, generation) = (book, projection.name, progress.generation)
        let outdated = try await log.session.read { _ in
            try book.outdated(of: name, generation, most: Self.removedAtOnce)
        }
        guard !outdated.isEmpty, progress.generation == generation else { return false }
        // With the checkpoint, so that nobody reads the old generation's when its states are going.
        try await engine.record(
            [ProjectionBook.recorded(progress, of: name)] + outdated.map { FactChange(.projections, $0, nil) }
        )
        return outdated.count == Self.removedAtOnce
    }

    // MARK: Turns

    /// Begins anew; when this returns that is durable.
    func rebuild() async throws {
        progress = .init(version: projection.version, generation: progress.generation + 1)
        states = [:]
        failure = nil
        try await engine.record([ProjectionBook.recorded(progress, of: projection.name)])
        news.ring()
    }

    /// How it is doing.
    func info() async throws -> ProjectionInfo {
        let (book, name, generation) = (book, projection.name, progress.generation)
        let count = try await log.session.read { _ in try book.stateCount(of: name, generation) }
        return ProjectionInfo(
            name: name,
            checkpoint: progress.next,
            lag: max(0, log.end - progress.next),
            states: count,
            failure: failure
        )
    }

    func state(of key: String) async throws -> [UInt8]? {
        let (book, name, generation) = (book, projection.name, progress.generation)
        return try await log.session.read { _ in try book.state(of: name, generation, key) }
    }

    func states(after: String?, count: Int) async throws -> [ProjectedState] {
        let (book, name, generation) = (book, projection.name, progress.generation)
        return try await log.session.read { _ in try book.states(of: name, generation, after: after, count: count) }
    }
}
