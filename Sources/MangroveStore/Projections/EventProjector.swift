import Mangrove

/// Keeps a store's projections up to date while this node leads it: runs a worker for each, those of the program and the
/// recorded aggregates.
///
/// It belongs to one incarnation of the engine and ends with it. Workers run beside it; after a restart it goes on with
/// those it finds.
actor EventProjector: ProcessActor {
    private let context: ProcessContext
    private let place: StorePlace
    private let names: StoreName
    private let session: EngineSession
    private let book: ProjectionBook
    private let engine: Address<Store>
    private let workers: Address<DynamicSupervisorProcess>
    private var isActive = false

    private static let removedAtOnce = 1_000

    private init(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName, _ session: EngineSession) {
        self.context = context
        self.place = place
        self.names = names
        self.session = session
        book = ProjectionBook(engine: session.engine)
        engine = context.runtime.address(names.name(.engine), of: Store.self)
        workers = context.runtime.address(names.name(.projections), of: DynamicSupervisorProcess.self)
    }

    static func start(
        _ context: ProcessContext,
        _ place: StorePlace,
        _ names: StoreName
    ) async throws -> EventProjector {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        let projector = EventProjector(context, place, names, try await engine.call { $0.session })
        let tracker = context.runtime.address(names.name(.leaderTracker), of: LeaderTracker.self)
        let (id, own) = (context.id, try context.ref(as: EventProjector.self))
        context.onExit { _ in try? tracker.cast { $0.unfollow(id) } }
        try await tracker.call { tracker in
            tracker.follow(id) { leads in try? own.cast { await $0.lead(leads) } }
        }
        return projector
    }

    private func lead(_ leads: Bool) async {
        isActive = leads
        do {
            if leads {
                for projection in try await all() { try await ensureWorker(of: projection) }
            } else {
                for child in try workers.children() {
                    if let process = child.process { try await workers.terminateChild(process) }
                }
            }
        } catch {
            context.runtime.emit(StoreEvents.projectionFailed) { (place.store, "", LoggedError(error)) }
        }
    }

    /// The store's projections, sorted by name; the program's come before recorded ones of the same name.
    private func all() async throws -> [Projection] {
        let own = place.projections.filter { $0.store == place.store }
        let recorded = try await session.read { [book] _ in try book.aggregates() }
        let names = Set(own.map(\.name))
        return (own + recorded.filter { !names.contains($0.name) }).sorted { $0.name < $1.name }
    }

    private func ensureWorker(of projection: Projection) async throws {
        guard try !workers.children().contains(where: { $0.id.text == projection.name }) else {
            return
        }
        let (place, names) = (place, names)
        // Restarted with growing pauses, and never so often that others would suffer.
        let worker = Worker(
            ChildID(projection.name),
            name: names.name(.projection, key: projection.name),
            restart: .transient
        ) { context in try await ProjectionWorker.start(context, place, names, projection) }
        .backoff(Backoff())
        try await workers.startChild(worker)
    }

    private func stopWorker(of name: String) async throws {
        for child in try workers.children() where child.id.text == name {
            if let process = child.process { try await workers.terminateChild(process) }
        }
    }

    // MARK: Turns

    /// The worker of a projection, started if need be.
    /// - Throws: ``StoreError/noSuchProjection(store:projection:)``; ``StoreError/unavailable(store:why:)``.
    func worker(of name: String) async throws -> Ref<ProjectionWorker> {
        guard isActive else { throw StoreError.unavailable(store: place.store, why: "another node leads it") }
        guard let projection = try await all().first(where: { $0.name == name }) else {
            throw StoreError.noSuchProjection(store: place.store, projection: name)
        }
        try await ensureWorker(of: projection)
        let address = context.runtime.address(names.name(.projection, key: name), of: ProjectionWorker.self)
        return try address.resolve()
    }

    func list() async throws -> [ProjectionInfo] {
        var infos: [ProjectionInfo] = []
        for projection in try await all() {
            let worker = try await worker(of: projection.name)
            infos.append(try await worker.call { try await $0.info() })
        }
        return infos
    }

    /// Records an aggregate and runs it.
    func create(_ name: String, _ aggregate: Aggregate) async throws {
        try checkRecorded(name)
        try await engine.record([ProjectionBook.recorded(aggregate, named: name)])
        try await stopWorker(of: name)
        _ = try await worker(of: name)
    }

    /// Removes an aggregate and its states.
    func delete(_ name: String) async throws {
        try checkRecorded(name)
        let exists = try await session.read { [book] _ in try book.aggregates().contains { $0.name == name } }
        guard exists else { throw StoreError.noSuchProjection(store: place.store, projection: name) }
        try await stopWorker(of: name)
        // Should this be cut short, what is left is a projection that is computed anew, not one that lacks states.
        let before = try await session.read { [book] _ in try book.progress(of: name) }
        let generation = before.map { $0.generation + 1 } ?? 0
        try await engine.record([ProjectionBook.recorded(.init(version: 0, generation: generation), of: name)])
        while true {
            let states = try await session.read { [book] _ in
                try book.outdated(of: name, nil, most: Self.removedAtOnce)
            }
            if states.isEmpty { break }
            try await engine.record(states.map { FactChange(.projections, $0, nil) })
        }
        try await engine.record([
            ProjectionBook.recorded(nil, named: name),
            FactChange(.projections, ProjectionBook.checkpointKey(name), nil),
        ])
    }

    private func checkRecorded(_ name: String) throws(StoreError) {
        if place.projections.contains(where: { $0.store == place.store && $0.name == name }) {
            throw .invalid("projection '\(name)' is the node's program's")
        }
    }
}
