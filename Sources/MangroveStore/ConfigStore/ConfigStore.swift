import Mangrove

/// Opens the configuration store of a node before anything else of it is started, and sees to it that it stays open.
///
/// What is configured for each store is a stream of that store's name in it. When it cannot be opened because it is damaged,
/// the node is run by the copy of the records that is kept beside it, and nothing can be changed until it was recovered.
///
/// ```
///  opening ──opened──▶ open ──its subtree ended──▶ opening (after a pause) …
///     │ damaged                    │ damage found
///     └──────────▶ damaged ◀───────┘
///                     └──recovered──▶ opening
/// ```
actor ConfigStore: ProcessActor, SignalHandling {
    static let name: ProcessName = "config-store"
    static let homeName: ProcessName = "config-store-home"

    private let context: ProcessContext
    private let place: ConfigPlace
    private let home: Address<DynamicSupervisorProcess>
    private var subtree: Ref<SupervisorProcess>?
    private var failures = 0
    private var generation = 0

    private init(_ context: ProcessContext, _ place: ConfigPlace) {
        self.context = context
        self.place = place
        home = context.runtime.address(Self.homeName, of: DynamicSupervisorProcess.self)
        if case .open(let generation) = place.status.now { self.generation = generation }
    }

    /// Opens the configuration store, or notes why it cannot be; the node starts in any case.
    static func start(_ context: ProcessContext, _ place: ConfigPlace) async -> ConfigStore {
        let keeper = ConfigStore(context, place)
        await keeper.begin()
        return keeper
    }

    private func begin() async {
        // After a restart of this process alone, its store still runs.
        let name = StoreName(store: StoreID.configuration).name(.system)
        let running = try? context.runtime.address(name, of: SupervisorProcess.self).resolve()
        if let running, case .open = place.status.now, (try? running.children().count) == storePartCount {
            return watch(running)
        }
        // The one before was building it when it ended.
        await running?.stop(.shutdown, within: nil)
        await running?.subtreeEnded()
        await open()
    }

    // MARK: Turns

    /// Damage was found in it: nothing more is read from it.
    func refuse(_ error: StoreError) async {
        guard case .open = place.status.now else { return }
        let ended = subtree
        subtree = nil
        await noteDamage(error)
        await ended?.stop(.shutdown, within: nil)
        await ended?.subtreeEnded()
    }

    /// Puts a damaged configuration store aside and makes another one, with the records of the copy.
    /// - Returns: where the damaged one is.
    /// - Throws: ``StoreError/refused(_:)`` if it is not damaged; other ``StoreError``: it still is, or is being opened.
    func recover() async throws -> String {
        guard case .damaged(let error, let copy) = place.status.now else {
            throw StoreError.refused("the configuration store is not damaged")
        }
        guard copy != nil else {
            throw StoreError.refused(
                "the copy of the configuration cannot be used either: \(error); without the file "
                    + "\(ConfigurationCache.name), records are made anew from the stores that are there"
            )
        }
        let disk = context.runtime.environment.disk
        let (directory, path) = (place.dataDirectory, place.store.directory)
        let lease = await place.store.leases.take(path)
        defer { lease.release() }
        let aside = try await context.runtime.environment.blocking.run {
            try onDisk(StoreID.configuration) { () throws(DiskError) -> String in
                var number = 1
                while try disk.kind(of: "\(path).damaged-\(number)") != nil { number += 1 }
                let aside = "\(path).damaged-\(number)"
                if try disk.kind(of: path) != nil { try disk.rename(path, to: aside) }
                try disk.syncDirectory(directory)
                return aside
            }
        }
        lease.release()
        context.runtime.emit(StoreEvents.configurationRecovered) { aside }
        place.status.set(.opening(nil))
        failures = 0
        await open()
        if case .open = place.status.now { return aside }
        _ = try place.session()
        return aside
    }

    func handle(_ signal: Signal) async throws {
        guard case .down(let down) = signal, down.process == subtree?.id else { return }
        subtree = nil
        pause(.unavailable(store: StoreID.configuration, why: "its subtree ended: \(down.reason)"))
    }

    // MARK: Opening

    private func open() async {
        var started: Ref<SupervisorProcess>?
        do {
            let isNew = try await createIfMissing()
            let root = try await raise()
            started = root
            try await fillFromCopy()
            // After a restart it is the one it was, and whoever follows goes on.
            if isNew || generation == 0 { generation += 1 }
            try await noteHalted()
            watch(root)
        } catch {
            await started?.stop(.shutdown, within: nil)
            await started?.subtreeEnded()
            let cause = Self.cause(of: error)
            if case .damaged = cause { await noteDamage(cause) } else { pause(cause) }
        }
    }

    private func raise() async throws -> Ref<SupervisorProcess> {
        guard let root = try await home.startChild(storeRoot(place.store), as: SupervisorProcess.self) else {
            throw StoreError.unavailable(store: StoreID.configuration, why: "its subtree did not start")
        }
        do {
            for part in storeParts(place.store) { try await root.startChild(part) }
        } catch {
            await root.stop(.shutdown, within: nil)
            await root.subtreeEnded()
            throw error
        }
        return root
    }

    /// Which stores are not to run is known before any is started.
    private func noteHalted() async throws {
        let name = StoreName(store: StoreID.configuration)
        let session = try await context.runtime.address(name.name(.engine), of: Store.self).call { $0.session }
        let records = try await session.read { engine in
            try engine.streams().compactMap { try ConfigurationRecord.read(engine, $0.stream)?.record }
        }
        for record in records where record.status == .inactive { place.node.halted.add(record.store) }
    }

    /// - Returns: whether it was missing.
    private func createIfMissing() async throws -> Bool {
        let environment = context.runtime.environment
        let path = place.store.directory
        let directory = StoreDirectory(disk: environment.disk, path: path, store: StoreID.configuration)
        let created = Timestamp(microseconds: environment.clock.civilMicroseconds())
        let identity = StoreIdentity(high: environment.randomness.next(), low: environment.randomness.next())
        return try await environment.blocking.run {
            if case .store = try directory.state() { return false }
            try directory.create(created: created, identity: identity)
            return true
        }
    }

    /// A store without any record takes those of the copy: it was made anew, or that was interrupted.
    private func fillFromCopy() async throws {
        let name = StoreName(store: StoreID.configuration)
        let engine = context.runtime.address(name.name(.engine), of: Store.self)
        let session = try await engine.call { $0.session }
        guard session.engine.eventCount == 0, let copy = try await copy(), !copy.isEmpty else { return }
        let now = Timestamp(microseconds: context.runtime.clock.civilMicroseconds())
        let random = context.runtime.environment.randomness
        var parts: [StreamBatch] = []
        for kept in copy {
            let record = try place.rules.decide(.recover(kept), of: kept.store, current: nil, by: "recovery", now: now)
            guard let event = record?.event(EventID(randomHigh: random.next(), low: random.next())) else { continue }
            parts.append(StreamBatch(stream: kept.store, expecting: .noStream, events: [event]))
        }
        try await engine.put(AppendRequest(parts)).durable()
    }

    private func copy() async throws -> [ConfigurationRecord]? {
        let (disk, directory) = (context.runtime.environment.disk, place.dataDirectory)
        return try await context.runtime.environment.blocking.run { try ConfigurationCache.read(disk, directory) }
    }

    private func watch(_ running: Ref<SupervisorProcess>) {
        subtree = running
        failures = 0
        context.monitor(running)
        place.status.set(.open(generation: generation))
    }

    private func noteDamage(_ error: StoreError) async {
        let records: [ConfigurationRecord]? = await {
            do { return try await copy() } catch { return nil }
        }()
        for record in records ?? [] where record.status == .inactive { place.node.halted.add(record.store) }
        context.runtime.emit(StoreEvents.configurationDamaged) {
            (LoggedError(error), records.map { "\($0.count) records" } ?? "none")
        }
        place.status.set(.damaged(error, records))
    }

    /// Opens it again, the sooner the fewer times in a row that has failed.
    private func pause(_ why: StoreError) {
        failures += 1
        place.status.set(.opening(why))
        context.runtime.emit(StoreEvents.configurationUnavailable) { LoggedError(why) }
        let time = failures == 1 ? .zero : min(Duration.milliseconds(50) * (1 << min(failures, 12)), .seconds(30))
        context.after(time, as: ConfigStore.self) { await $0.openAgain() }
    }

    private func openAgain() async {
        guard case .opening = place.status.now, subtree == nil else { return }
        await begin()
    }

    /// The store's own error, wherever in the subtree it came from.
    private static func cause(of error: any Error) -> StoreError {
        switch error {
        case let error as StoreError: error
        case SupervisorError.startFailed(_, let inner): cause(of: inner)
        default: .unavailable(store: StoreID.configuration, why: "\(error)")
        }
    }
}
