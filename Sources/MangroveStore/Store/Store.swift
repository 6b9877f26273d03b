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
    private let pubSub: Address<StorePubSub>
    private let staged = AsyncSignal()

    /// What became of an append that was put to the engine.
    enum Staged: Sendable {
        case pending(PendingAppend)
        /// These events must be read and compared before it can be decided.
        case needsRead([Int], EngineSession)
    }

    private init(
        _ context: ProcessContext,
        _ session: EngineSession,
        _ commits: CommitQueue,
        _ counters: StoreCounters,
        _ names: StoreName
    ) {
        self.counters = counters
        self.context = context
        self.session = session
        self.commits = commits
        pubSub = context.runtime.address(names.name(.pubSub), of: StorePubSub.self)
    }

    /// Waits until no earlier incarnation writes to the files, and opens them.
    static func start(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName) async throws -> Store {
        let environment = context.runtime.environment
        let lease = await place.leases.take(place.directory)
        let commits = CommitQueue()
        do {
            let (engine, report) = try await environment.blocking.run {
                try StoreEngine.open(
                    disk: environment.disk,
                    directory: place.directory,
                    options: LogOptions(segmentSize: place.settings.segmentBytes)
                )
            }
            let event = report.isNotable ? StoreEvents.recovered : StoreEvents.opened
            context.runtime.emit(event) { (place.store, report.summary) }
            let session = EngineSession(engine, lease, environment.blocking)
            context.onExit { _ in
                session.retire()
                commits.end(place.store) { engine.error(for: $0) }
            }
            return Store(context, session, commits, place.counters.counters(of: place.store), names)
        } catch {
            lease.release()
            throw error
        }
    }

    // MARK: Turns

    /// Decides on an append; its record goes out with the next flush.
    /// - Throws: ``StoreError``; nothing was appended.
    func stage(_ request: AppendRequest, knowing known: ResolvedEvents) throws(StoreError) -> Staged {
        let now = Timestamp(microseconds: context.runtime.clock.civilMicroseconds())
        switch try session.engine.stage(request, now: now, knowing: known) {
        case .done(let results):
            return .pending(PendingAppend(results))
        case .needsRead(let positions):
            return .needsRead(positions, session)
        case .staged(let ticket, let results):
            let pending = commits.add(ticket, results)
            staged.ring()
            return .pending(pending)
        }
    }

    // MARK: Writing

    /// Flushes whatever is staged, again and again.
    func run() async throws {
        while !Task.isCancelled {
            await staged.wait()
            if Task.isCancelled { return }
            let begin = context.runtime.clock.now()
            let outcome = try await session.write { engine in try engine.flushStaged() }
            commits.complete(upTo: outcome.durable)
            guard let last = outcome.positions.last else { continue }
            counters.flushed(outcome, in: begin.duration(to: context.runtime.clock.now()))
            // Nobody there to hear it: whoever comes will read the log.
            try? pubSub.cast { $0.publish(committed: last) }
        }
    }

    /// Flushes what is left, writes a checkpoint and closes the files.
    func terminate(reason: ExitReason) async {
        guard session.engine.failure == nil else { return }
        do {
            try await session.write { engine in try engine.close() }
            commits.complete(upTo: .max)
        } catch {
            context.runtime.emit(StoreEvents.closeFailed) { (session.engine.store, LoggedError(error)) }
        }
    }
}
