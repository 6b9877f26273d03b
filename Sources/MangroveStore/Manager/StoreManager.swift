import Mangrove

/// Creates, starts, watches, changes and removes the stores of a node.
///
/// What is to be done is decided by ``StoresMachine``; this does it, beside its turns, so that a store that is slow to start
/// or to stop keeps nobody from another. After a restart of it alone, its stores still run, and it goes on with what it
/// finds in the data directory.
actor StoreManager: ProcessActor, LongRunning, SignalHandling {
    static let name: ProcessName = "store-manager"
    static let storesName: ProcessName = "stores"
    /// How many stores start at a time.
    private static let startsAtOnce = 8
    /// After so long a start takes nobody else's turn any more.
    private static let slowStart = Duration.seconds(5)

    private let context: ProcessContext
    private let node: NodePlace
    private let files: StoreFiles
    private let stores: Address<DynamicSupervisorProcess>
    private var machine = StoresMachine(atOnce: StoreManager.startsAtOnce)
    private var replies: [StoresMachine.Ticket: Reply<StoresMachine.Answer>] = [:]
    private var lastTicket = 0
    /// The subtrees, those that have ended included until others take their place.
    private var subtrees: [String: Ref<SupervisorProcess>] = [:]
    private var watched: [ProcessID: (store: String, start: Int)] = [:]
    private var work: [StoresMachine.Effect] = []
    private let hasWork = AsyncSignal()

    private init(_ context: ProcessContext, _ node: NodePlace) {
        self.context = context
        self.node = node
        files = StoreFiles(node, context.runtime.environment)
        stores = context.runtime.address(Self.storesName, of: DynamicSupervisorProcess.self)
    }

    /// Finds the stores of the data directory. Those that are to be started are started from now on.
    static func start(_ context: ProcessContext, _ node: NodePlace) async throws -> StoreManager {
        let manager = StoreManager(context, node)
        await manager.adopt(try await manager.files.all())
        return manager
    }

    private func adopt(_ all: [(id: String, found: StoresMachine.Found)]) async {
        for (id, found) in all {
            var found = found
            found.starts = node.startsStores && found.profile.resolved.autoStart && !node.halted.contains(id)
            let address = context.runtime.address(StoreName(store: id).name(.system), of: SupervisorProcess.self)
            if let subtree = try? address.resolve() {
                if (try? subtree.children().count) == storePartCount {
                    found.upSince = context.runtime.clock.now()
                    subtrees[id] = subtree
                } else {
                    // The one before was building it when it ended.
                    await subtree.stop(.shutdown, within: nil)
                    await subtree.subtreeEnded()
                    found.starts = true
                }
            }
            take(.found(id, found))
        }
    }

    // MARK: Turns

    /// Takes a request, and answers it when it is done.
    /// - Parameter reply: nil if nobody waits; a failure is logged and counted then.
    func take(_ id: String, _ request: StoresMachine.Request, _ reply: Reply<StoresMachine.Answer>?) {
        take(.request(ticket(reply), id, request))
    }

    /// Makes stores that were restored appear, and starts them.
    /// - Parameter publish: makes their directories appear, all or none.
    func adopt(_ ids: [String], _ publish: @escaping @Sendable () throws(StoreError) -> Void) async throws {
        for id in ids where machine.entries[id].map({ $0.isThere || $0.work != nil }) ?? false {
            throw StoreError.storeExists(id)
        }
        // Within the turn: nobody makes a store of one of the names meanwhile.
        try await context.runtime.environment.blocking.run { try publish() }
        for (id, found) in try await files.all() where ids.contains(id) {
            var found = found
            found.starts = found.profile.resolved.autoStart
            take(.found(id, found))
            context.runtime.emit(StoreEvents.restored) { id }
        }
    }

    /// A store was made at some time. If nothing of it is there now, it is among the stores all the same, is missed, and starts
    /// when its files are back.
    func expect(_ id: String, _ profile: StoreProfile) {
        guard machine.entries[id] == nil else { return }
        take(.found(id, StoresMachine.Found(profile: profile, problem: missing(id))))
    }

    /// Answers when no store is being started or waits to be.
    func awaitStarts(_ reply: Reply<StoresMachine.Answer>) {
        take(.awaitStarts(ticket(reply)))
    }

    private func ticket(_ reply: Reply<StoresMachine.Answer>?) -> StoresMachine.Ticket {
        lastTicket += 1
        if let reply { replies[lastTicket] = reply }
        return lastTicket
    }

    func list() -> [StoreInfo] {
        machine.entries.keys.sorted().compactMap { try? status($0) }
    }

    func status(_ id: String) throws(StoreError) -> StoreInfo {
        guard let entry = machine.entries[id], entry.isThere else { throw .noSuchStore(id) }
        let engine = node.running.session(of: id)?.engine
        var info = StoreInfo(
            id: id,
            status: entry.status,
            events: engine?.eventCount,
            streams: engine?.streamCount,
            problem: entry.life == .up ? nil : entry.problem?.description
        )
        // The subtree is there, but its engine is not open: it is being restarted.
        if info.status == .running, engine == nil { info.status = .starting }
        info.priority = entry.profile.resolved.priority
        info.autoStart = entry.profile.resolved.autoStart
        info.directory = node.data.directory(of: id).path
        info.limits = node.controls.uses(of: id, engine)
        return info
    }

    /// What is configured for a store.
    func profile(of id: String) throws(StoreError) -> StoreProfile {
        guard let entry = machine.entries[id], entry.isThere else { throw .noSuchStore(id) }
        return entry.profile
    }

    /// Stops a store in which damage was found: nothing more is served from it.
    func refuse(_ id: String, _ error: StoreError) {
        take(.refused(id, error))
    }

    func handle(_ signal: Signal) async throws {
        guard case .down(let down) = signal, let (id, start) = watched.removeValue(forKey: down.process) else { return }
        take(.ended(id, start: start, down.reason, context.runtime.clock.now()))
    }

    // MARK: Doing

    private func take(_ event: StoresMachine.Event) {
        for effect in machine.handle(event) { carryOut(effect) }
    }

    private func carryOut(_ effect: StoresMachine.Effect) {
        switch effect {
        case .make, .revive, .save, .putAway, .start, .stop:
            work.append(effect)
            hasWork.ring()
        case .watch(let id, let start):
            guard let subtree = subtrees[id] else { return }
            watched[subtree.id] = (id, start)
            context.monitor(subtree)
        case .govern(let id, let profile): node.controls.govern(id, profile)
        case .forget(let id):
            subtrees[id] = nil
            node.controls.forget(id)
            node.counters.forget(id)
        case .pause(let id, let time, let number):
            context.after(time, as: StoreManager.self) { $0.take(.pauseOver(id, number)) }
        case .answer(let ticket, let result): answer(ticket, result)
        case .note(let note): log(note)
        }
    }

    private func answer(_ ticket: StoresMachine.Ticket, _ result: Result<StoresMachine.Answer, StoreError>) {
        let reply = replies.removeValue(forKey: ticket)
        switch (result, reply) {
        case (.success(let answer), let reply): reply?.send(answer)
        case (.failure(let error), let reply?): reply.fail(error)
        case (.failure(let error), nil):
            node.counters.noteFailedRequest()
            context.runtime.emit(StoreEvents.requestFailed) { LoggedError(error) }
        }
    }

    private func log(_ note: StoresMachine.Note) {
        let runtime = context.runtime
        switch note {
        case .created(let id): runtime.emit(StoreEvents.created) { id }
        case .removed(let removed):
            if let kept = removed.kept {
                runtime.emit(StoreEvents.kept) { (removed.id, kept.name) }
            } else {
                runtime.emit(StoreEvents.removed) { removed.id }
            }
        case .startFailed(let id, let error): runtime.emit(StoreEvents.startFailed) { (id, LoggedError(error)) }
        case .ended(let id, let reason): runtime.emit(StoreEvents.ended) { (id, reason) }
        case .refused(let id, let error): runtime.emit(StoreEvents.refused) { (id, LoggedError(error)) }
        }
    }

    /// Does what takes time, everything side by side; the machine sees to it that nothing gets in the way of another.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                await hasWork.wait()
                let effects = work
                work = []
                for effect in effects { group.addTask { await self.perform(effect) } }
            }
        }
    }

    private func perform(_ effect: StoresMachine.Effect) async {
        switch effect {
        case .make(let id, let profile, let identity): take(.made(id, await files.make(id, profile, identity)))
        case .revive(let id, let kept): take(.made(id, await files.revive(kept)))
        case .save(let id, let profile): take(.saved(id, await files.save(id, profile)))
        case .putAway(let id, let erasing):
            // What is left of its subtree may still have files open.
            await subtrees[id]?.subtreeEnded()
            take(.putAway(id, await files.putAway(id, erasing: erasing)))
        case .start(let id, let start, let profile):
            // A subtree that was killed may still be stopping, under the names the new one needs.
            let slow = context.after(Self.slowStart, as: StoreManager.self) { $0.take(.startIsSlow(id, start: start)) }
            defer { slow.cancel() }
            await subtrees[id]?.subtreeEnded()
            do throws(StoreError) {
                subtrees[id] = try await raise(id, profile)
                take(.started(id, start: start, context.runtime.clock.now()))
            } catch {
                take(.startFailed(id, start: start, error))
            }
        case .stop(let id):
            await subtrees[id]?.stop(.shutdown, within: nil)
            await subtrees[id]?.subtreeEnded()
            take(.stopped(id))
        case .watch, .govern, .forget, .pause, .answer, .note: break
        }
    }

    /// Starts a store's subtree: its root first, which takes no time, then its parts, so that stores start side by side.
    private func raise(_ id: String, _ profile: StoreProfile) async throws(StoreError) -> Ref<SupervisorProcess> {
        let place = node.place(of: id, profile.resolved.settings)
        do {
            try await faultPoint("manager.beforeStart")
            try await files.claim(id)
            guard let root = try await stores.startChild(storeRoot(place), as: SupervisorProcess.self) else {
                throw StoreError.unavailable(store: id, why: "its subtree did not start")
            }
            do {
                // When the node stops, nobody waits for what is just starting: it has acknowledged nothing.
                try await withTaskCancellationHandler {
                    for part in storeParts(place) { try await root.startChild(part) }
                } onCancel: {
                    root.kill()
                }
            } catch {
                await root.stop(.shutdown, within: nil)
                await root.subtreeEnded()
                throw error
            }
            return root
        } catch {
            throw cause(of: error, store: id)
        }
    }

    private func missing(_ store: String) -> StoreError {
        .unavailable(
            store: store,
            why: "its files are not in \(node.data.directory(of: store).path) any more; "
                + "put them back, from a backup if need be, or remove the store"
        )
    }

    /// The store's own error, wherever in the subtree it came from.
    private func cause(of error: any Error, store: String) -> StoreError {
        switch error {
        case StoreError.noSuchStore: missing(store)
        case let error as StoreError: error
        case SupervisorError.startFailed(_, let inner): cause(of: inner, store: store)
        default: .unavailable(store: store, why: "\(error)")
        }
    }
}

extension StoresMachine.Entry {
    /// The state as it is shown.
    fileprivate var status: StoreInfo.Status {
        if case .removing = work { return .stopping }
        return switch life {
        case .queued, .starting: .starting
        case .up: .running
        case .stopping: .stopping
        case .down: isDamaged ? .damaged : .stopped
        }
    }
}
