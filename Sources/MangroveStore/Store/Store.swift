import Mangrove

/// The process that owns a store's log: it decides on appends one after the other, and writes them in groups.
///
/// Deciding takes no disk and happens in the turn; writing happens beside the turns, in the process's own work: everything
/// decided while one flush is under way goes out with the next. A failed flush ends the process, and with it all that
/// was derived from its engine; the next incarnation finds out from the disk what is there.
actor Store: ProcessActor, LongRunning, Terminating {
    let session: EngineSession
    private let context: ProcessContext
    private let commits: CommitQueue
    private let counters: StoreCounters
    let controls: StoreControls
    private let pubSub: Address<StorePubSub>
    private let persistence: Address<PersistenceWorker>
    private let staged = AsyncSignal()
    private var hasAskedForCheckpoint = false
    /// What it has to do with transactions over stores.
    var locks: TransactionLocks

    /// What became of an append that was put to the engine.
    enum Staged: Sendable {
        /// It is on its way, and these will be its results.
        case pending(PendingAppend, [AppendResult])
        /// These events must be read and compared before it can be decided.
        case needsRead([Int], EngineSession)
    }

    private init(
        _ context: ProcessContext,
        _ session: EngineSession,
        _ commits: CommitQueue,
        _ locks: TransactionLocks,
        _ place: StorePlace,
        _ names: StoreName
    ) {
        self.locks = locks
        counters = place.counters.counters(of: place.store)
        controls = place.controls
        self.context = context
        self.session = session
        self.commits = commits
        pubSub = context.runtime.address(names.name(.pubSub), of: StorePubSub.self)
        persistence = context.runtime.address(names.name(.persistence), of: PersistenceWorker.self)
    }

    /// Waits until no earlier incarnation writes to the files, and opens them.
    static func start(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName) async throws -> Store {
        let environment = context.runtime.environment
        let lease = await place.leases.take(place.directory)
        let commits = CommitQueue()
        do {
            try await faultPoint("store.beforeOpen")
            let (engine, report, transactions) = try await environment.blocking.run {
                // An engine that came upon the end of the disk is not to do so again and again.
                if let free = try? environment.disk.freeSpace(at: place.directory) {
                    place.controls.note(free: free, of: place.store)
                }
                let (engine, report) = try StoreEngine.open(
                    disk: environment.disk,
                    directory: place.directory,
                    store: place.store,
                    options: LogOptions(segmentSize: place.settings.segmentBytes),
                    encryption: place.encryption
                )
                return (engine, report, try engine.recordedTransactions())
            }
            #if DEBUG || MANGROVE_FAULTS
                let isQuiet = isBroken(.cutsTailSilently)
            #else
                let isQuiet = false
            #endif
            let event = report.isNotable && !isQuiet ? StoreEvents.recovered : StoreEvents.opened
            context.runtime.emit(event) { (place.store, report.summary) }
            let session = EngineSession(engine, lease, environment.blocking)
            context.onExit { _ in
                session.retire()
                #if DEBUG || MANGROVE_FAULTS
                    if context.runtime.isBroken(.forgetsWaiters) { return }
                #endif
                commits.end(place.store) { engine.error(for: $0) }
            }
            return Store(context, session, commits, TransactionLocks(transactions), place, names)
        } catch {
            lease.release()
            throw error
        }
    }

    // MARK: Turns

    /// Takes an append that was sent here, and answers it.
    func take(_ request: AppendRequest, _ ticket: AppendTicket) {
        let pending = ticket.take()
        do throws(StoreError) {
            let staged = try stage(request, knowing: ResolvedEvents(), answering: pending)
            if case .needsRead = staged { pending.answer(.needsRead) }
        } catch {
            pending.answer(.failed(error))
        }
    }

    /// Decides on an append; its record goes out with the next flush.
    /// - Throws: ``StoreError``; nothing was appended.
    /// - Parameter own: the transaction it is for, if it is for one.
    func stage(
        _ request: AppendRequest,
        knowing known: ResolvedEvents,
        for own: EventID? = nil,
        answering pending: PendingAppend = PendingAppend()
    ) throws(StoreError) -> Staged {
        if !locks.isEmpty { try checkLocks(request.parts.map(\.stream), butFor: own) }
        let now = Timestamp(microseconds: context.runtime.clock.civilMicroseconds())
        // What was promised is kept, whatever room there is by now.
        let room = own == nil ? controls.terms(of: session.engine.store).room : StoreRoom()
        switch try session.engine.stage(request, now: now, knowing: known, within: room) {
        case .done(let results):
            pending.answer(.done(results))
            return .pending(pending, results)
        case .needsRead(let positions):
            return .needsRead(positions, session)
        case .staged(let ticket, let results):
            #if DEBUG || MANGROVE_FAULTS
                if isBroken(.acknowledgesEarly) { pending.answer(.done(results)) }
            #endif
            commits.add(ticket, results, pending)
            staged.ring()
            return .pending(pending, results)
        }
    }

    /// Changes how much of a stream is kept; that goes out with the next flush.
    /// - Throws: ``StoreError``; nothing was changed.
    func stage(_ change: StreamChange, of stream: String) throws(StoreError) -> PendingAppend {
        if !locks.isEmpty { try checkLocks([stream]) }
        return pending(try session.engine.stage(change, of: stream))
    }

    /// Makes changes of facts, all of them or none; they go out with the next flush.
    /// - Throws: ``StoreError``; nothing was changed.
    func stage(facts changes: [FactChange]) throws(StoreError) -> PendingAppend {
        pending(try session.engine.stage(facts: changes) ?? 0)
    }

    /// What waits for a record; 0 needs no waiting for.
    func pending(_ ticket: UInt64) -> PendingAppend {
        guard ticket > 0 else { return PendingAppend([]) }
        let pending = PendingAppend()
        commits.add(ticket, [], pending)
        staged.ring()
        return pending
    }

    // MARK: Writing

    /// Flushes whatever is staged, again and again.
    func run() async throws {
        while !Task.isCancelled {
            await staged.wait()
            if Task.isCancelled { return }
            try await faultPoint("store.beforeFlush")
            let begin = context.runtime.clock.now()
            let outcome = try await session.write { [self] engine in
                let outcome = try engine.flushStaged()
                try diskFaultPoint("store.afterFlush", engine.store)
                // Answered from here, so that nobody waits for this process to go on.
                complete(outcome, begun: begin)
                return outcome
            }
            guard let last = outcome.positions.last else { continue }
            if session.recent.isWanted { session.recent.add(outcome.events) }
            // Nobody there to hear it: whoever comes will read the log.
            try? pubSub.cast { $0.publish(committed: last) }
            askForCheckpoint()
        }
    }

    /// Counts what is durable now, and answers those who waited for it.
    private nonisolated func complete(_ outcome: FlushOutcome, begun: RuntimeInstant) {
        if !outcome.records.isEmpty {
            counters.flushed(outcome, in: begun.duration(to: context.runtime.clock.now()))
            // What was made to be gone is not handed out from memory.
            if outcome.records.contains(where: { $0.facts.contains { $0.space == .streamSettings } }) {
                session.recent.forget()
            }
        }
        commits.complete(upTo: outcome.durable)
    }

    /// Has a checkpoint written before its time if much has come in, once for each that is needed.
    private func askForCheckpoint() {
        guard session.engine.needsCheckpoint else { return hasAskedForCheckpoint = false }
        guard !hasAskedForCheckpoint else { return }
        hasAskedForCheckpoint = true
        // Where nobody hears it, the next one will be written at its time.
        try? persistence.cast { try await $0.writeCheckpointEarly() }
    }

    /// Flushes what is left, writes a checkpoint and closes the files.
    func terminate(reason: ExitReason) async {
        guard session.engine.failure == nil else { return }
        do {
            try await faultPoint("store.beforeClose")
            try await session.write { engine in try engine.close() }
            commits.complete(upTo: .max)
        } catch {
            context.runtime.emit(StoreEvents.closeFailed) { (session.engine.store, LoggedError(error)) }
        }
    }
}
