extension Runtime {
    /// Starts one process: reserves its name, makes its actor, lets callers in.
    ///
    /// A start that can suspend runs in a task of its own: if the process is killed or told to stop meanwhile, that task is
    /// cancelled, whoever waits for the start is told at once, and what the start returns late is thrown away.
    /// - Parameter announce: shows the process to its supervisor, before it starts.
    /// - Throws: what the start closure throws; `nameTaken`; `exited` if it was ended before it had started. Nothing is left
    ///   behind.
    func launch(
        _ spec: ChildSpec,
        under parent: ProcessCell?,
        announce: (ProcessCell) -> Void
    ) async throws -> ProcessCell {
        let cell = newCell(for: spec, under: parent)
        do {
            if let name = spec.name { try reserve(name, for: cell) }
            announce(cell)
            switch cell.work(of: spec.start) {
            case .immediate(let start): try attach(cell.asItself { try start(ProcessContext(cell: cell)) }, to: cell)
            case .suspending(let start): try attach(await cell.runStart(start), to: cell)
            }
        } catch {
            cell.die(error is StartTimedOut ? .killed : spec.exitReason(ofFailedStart: error))
            throw error
        }
        return cell
    }

    /// As ``launch(_:under:announce:)``, for a start that does not suspend.
    func launchNow(
        _ spec: ChildSpec,
        under parent: ProcessCell?,
        _ start: @Sendable (ProcessContext) throws -> any ProcessActor,
        announce: (ProcessCell) -> Void
    ) throws -> ProcessCell {
        let cell = newCell(for: spec, under: parent)
        do {
            if let name = spec.name { try reserve(name, for: cell) }
            announce(cell)
            try attach(cell.asItself { try start(ProcessContext(cell: cell)) }, to: cell)
        } catch {
            cell.die(spec.exitReason(ofFailedStart: error))
            throw error
        }
        return cell
    }

    private func newCell(for spec: ChildSpec, under parent: ProcessCell?) -> ProcessCell {
        ProcessCell(spec, parent: parent, runtime: self)
    }

    private func attach(_ actor: any ProcessActor, to cell: ProcessCell) throws {
        if let ended = cell.attach(actor) { throw CallError.exited(ended) }
        cell.showStarted()
        if let name = cell.name { nameWatchers.taken(name) }
        // A supervisor that was killed meanwhile takes the child with it.
        if let parent = cell.parent, parent.gate.isDead { cell.requestStop(.shutdown) }
    }

    private func reserve(_ name: ProcessName, for cell: ProcessCell) throws(SupervisorError) {
        do {
            try names.reserve(name, for: cell)
        } catch {
            switch error {
            case .alreadyRegistered(let holder): throw .nameTaken(name, holder)
            }
        }
    }
}

extension ProcessCell {
    /// Runs a start in a task of its own and waits for its outcome or the end of the process, whichever comes first.
    fileprivate func runStart(
        _ start: @escaping @Sendable (ProcessContext) async throws -> any ProcessActor
    ) async throws -> any ProcessActor {
        let outcome = AnswerWaiter<any ProcessActor>()
        let note = Self.noteWaiting(for: self)
        defer { note?.end() }
        onDeath { reason in outcome.fail(CallError.exited(reason)) }
        state.withLock { state in
            guard case .starting = state.phase else { return }
            let activity = beginActivity(&state)
            gate.pin()
            state.runTask = runtime.environment.tasks.spawnSupervision { [self] in
                await Self.$activity.withValue(activity) {
                    do {
                        let actor = try await start(ProcessContext(cell: self))
                        leave()
                        if !outcome.succeed(actor) {
                            runtime.emit(RuntimeEvents.lateStart) { path }
                        }
                    } catch {
                        leave()
                        outcome.fail(error)
                    }
                }
            }
        }
        // What watches for the death keeps the outcome, and must not keep the actor with it.
        defer { outcome.answer = nil }
        return try await outcome.answer(on: nil)
    }
}
