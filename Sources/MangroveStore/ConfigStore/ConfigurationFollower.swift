import Mangrove

/// Has the stores of the node be as their records say: follows every change of a record, carries it out through the store
/// manager, and keeps the copy of all records.
///
/// It begins with a record for every store that there is, or that the node's configuration names, and that has none.
actor ConfigurationFollower: ProcessActor, LongRunning {
    static let name: ProcessName = "configuration-follower"

    private let context: ProcessContext
    private let place: ConfigPlace
    private let gateway: LocalGateway
    private let stores: any ConfiguredStores
    private var machine = ConfigurationFollowerMachine()
    /// Which store the machine knows.
    private var generation: Int?
    private var replies: [Int: Reply<StoreError?>] = [:]
    private var lastTicket = 0
    /// The stores that were made, as is on record beside the records: what is made once is not made again, but missed.
    private var made: Set<String> = []
    /// Who waits for versions of a store that has not been looked at yet.
    private var early: [(store: String, version: Int, reply: Reply<StoreError?>)] = []
    private var work: [ConfigurationRecord] = []
    private let hasWork = AsyncSignal()
    private let copyIsOld = AsyncSignal()

    init(_ context: ProcessContext, _ place: ConfigPlace, _ gateway: LocalGateway, _ stores: any ConfiguredStores) {
        self.context = context
        self.place = place
        self.gateway = gateway
        self.stores = stores
    }

    // MARK: Turns

    /// Answers when a version of a store's record, or a later one, is carried out, or has failed to be.
    func awaitCarriedOut(_ store: String, _ version: Int, _ reply: Reply<StoreError?>) {
        // Versions of another configuration store than the one that is known here mean something else.
        if case .open(let present) = place.status.now, present != generation {
            early.append((store, version, reply))
            return
        }
        take(.await(ticket(reply), store: store, version: version))
    }

    /// Answers when all that is on record is carried out, or has failed to be once.
    func awaitQuiet(_ reply: Reply<StoreError?>) {
        take(.awaitQuiet(ticket(reply)))
    }

    /// What could not be carried out, by store.
    func problems() -> [String: StoreError] {
        machine.problems
    }

    private func ticket(_ reply: Reply<StoreError?>) -> Int {
        lastTicket += 1
        replies[lastTicket] = reply
        return lastTicket
    }

    private func take(_ event: ConfigurationFollowerMachine.Event) {
        for effect in machine.handle(event) {
            switch effect {
            case .carryOut(let record):
                work.append(record)
                hasWork.ring()
            case .keepCopy: copyIsOld.ring()
            case .pause(let store, let version, let time):
                context.after(time, as: ConfigurationFollower.self) { follower in
                    follower.take(.pauseOver(store: store, version: version))
                }
            case .answer(let ticket, let error): replies.removeValue(forKey: ticket)?.send(error)
            }
        }
    }

    // MARK: Working

    func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.follow() }
            group.addTask { await self.keepCopies() }
            while !Task.isCancelled {
                await hasWork.wait()
                let records = work
                work = []
                for record in records { group.addTask { await self.carryOut(record) } }
            }
        }
    }

    private func carryOut(_ record: ConfigurationRecord) async {
        let store = record.store
        var problem: StoreError?
        do {
            try await faultPoint("configuration.beforeCarryOut")
            switch record.change {
            case .deletion(let erasing):
                try await stores.remove(store, erasing: erasing)
                try await noteMade(store, false)
            default:
                // From the copy alone it cannot be told, nor from what was made anew out of it: then nothing is made.
                let isFromCopy = generation == 0 || record.change == .recovery
                try await stores.apply(
                    store,
                    record.configuration,
                    isActive: record.status == .active,
                    wasMade: made.contains(store) || isFromCopy
                )
                try await noteMade(store, true)
            }
            try await faultPoint("configuration.afterCarryOut")
            if case .deletion = record.change { try await confirmRemoval(of: record) }
        } catch let error as StoreError {
            problem = error
        } catch {
            problem = .unavailable(store: store, why: "\(error)")
        }
        if let problem {
            context.runtime.emit(StoreEvents.configurationFailed) { (store, record.version, LoggedError(problem)) }
        }
        take(.carriedOut(store: store, version: record.version, problem))
    }

    private func noteMade(_ store: String, _ isMade: Bool) async throws {
        guard made.contains(store) != isMade, generation != 0 else { return }
        try await gateway.note(store, isMade: isMade)
        if isMade { made.insert(store) } else { made.remove(store) }
    }

    private func confirmRemoval(of record: ConfigurationRecord) async throws {
        _ = try await gateway.changeConfiguration(
            of: record.store,
            .confirmRemoval(version: record.version),
            expecting: nil,
            by: record.updatedBy
        )
    }

    /// Writes the copy whenever it is out of date; changes that come while that is under way share the next one.
    private func keepCopies() async {
        while !Task.isCancelled {
            await copyIsOld.wait()
            if !Task.isCancelled { await keepCopy() }
        }
    }

    private func keepCopy() async {
        // What was read from the copy is not written over it, nor is a part of the records.
        guard case .open(let generation) = place.status.now, generation == self.generation, machine.isCaughtUp else {
            return
        }
        let (disk, directory, records) = (context.runtime.environment.disk, place.dataDirectory, machine.records)
        do {
            try await context.runtime.environment.blocking.run {
                try ConfigurationCache.write(records, disk, directory)
            }
        } catch {
            // It is written again with the next change, or after a while.
            context.runtime.emit(StoreEvents.configurationCopyFailed) { "\(error)" }
            context.after(.seconds(5), as: ConfigurationFollower.self) { $0.copyIsOld.ring() }
        }
    }

    // MARK: Following

    private func follow() async {
        while !Task.isCancelled {
            switch place.status.now {
            case .open(let generation):
                if self.generation != generation { begin(generation) }
                // A feed of one store would go on with another of its name, as if it were the same.
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await self.followRecords() }
                    group.addTask { await self.awaitEnd(of: generation) }
                    await group.next()
                    group.cancelAll()
                }
            case .damaged(_, let records):
                // Generations count from 1: with the next one everything is looked at again.
                if generation != 0 {
                    begin(0)
                    for record in records ?? [] where record.status != .pendingDeletion { take(.recorded(record)) }
                    take(.caughtUp)
                }
                await place.status.changed.wait()
            case .opening: await place.status.changed.wait()
            }
        }
    }

    /// Waits until the configuration store is not open any more, or is another one.
    private func awaitEnd(of generation: Int) async {
        while !Task.isCancelled, case .open(generation) = place.status.now { await place.status.changed.wait() }
    }

    /// Knows nothing: the store is another one. Whoever waits for something of the one before is told.
    private func begin(_ generation: Int) {
        let lost = StoreError.outcomeUnknown(store: StoreID.configuration, why: "it is another one now")
        if self.generation != nil {
            for reply in replies.values { reply.send(lost) }
            replies = [:]
            machine = ConfigurationFollowerMachine()
        }
        self.generation = generation
        let waiting = early
        early = []
        for (store, version, reply) in waiting { awaitCarriedOut(store, version, reply) }
    }

    private func followRecords() async {
        do {
            made = try await gateway.madeStores()
            let subscription = try gateway.subscribe(to: StoreID.configuration, .all, from: .beginning)
            for try await element in subscription.elements {
                switch element {
                case .event(let event): take(.recorded(try ConfigurationRecord(checking: event)))
                case .caughtUp:
                    try await adopt()
                    take(.caughtUp)
                case .fellBehind: break
                }
            }
        } catch {
            if Task.isCancelled { return }
            context.runtime.emit(StoreEvents.configurationUnavailable) {
                LoggedError(error as? StoreError ?? .unavailable(store: StoreID.configuration, why: "\(error)"))
            }
            try? await context.runtime.sleep(for: .milliseconds(100))
        }
    }

    /// Makes records of stores that have none: those that the node's configuration names, and those that are there.
    private func adopt() async throws {
        let known = Dictionary(uniqueKeysWithValues: machine.records.map { ($0.store, $0) })
        for (id, own) in place.node.namedStores.sorted(by: { $0.key < $1.key }) {
            let named = place.configuration.stores.first { $0.id == id }
            let said = own == StoreConfiguration() ? named.map { place.configuration.adoptable($0) } ?? own : own
            let source = named?.source ?? .program
            if let record = known[id] {
                guard record.configuration != said, said != StoreConfiguration() else { continue }
                context.runtime.emit(StoreEvents.configurationIgnored) { (id, "\(source)") }
            } else if machine.version(of: id) == 0 {
                try await adopt(id, said, "\(source)")
            }
        }
        for (id, configuration) in try await stores.present() where known[id] == nil {
            // A record that says it was deleted is out of date: somebody has brought the store back.
            try await adopt(id, configuration, "the data directory")
        }
    }

    private func adopt(_ id: String, _ configuration: StoreConfiguration, _ author: String) async throws {
        let record = try await gateway.changeConfiguration(of: id, .adopt(configuration), expecting: nil, by: author)
        take(.recorded(record))
    }
}
