extension SupervisorMachine {
    /// What follows from a request, while the supervisor is not stopping.
    mutating func request(_ event: Event, _ effects: inout [Effect]) {
        switch event {
        case .add(let record):
            if let present = children[record.id] {
                if case .running(let process) = present.state {
                    return refuse(.alreadyStarted(record.id, process), &effects)
                }
                return refuse(.alreadyPresent(record.id), &effects)
            }
            if record.isSignificant, autoShutdown == .never {
                return refuse(.invalid(.significantWithoutAutoShutdown(record.id)), &effects)
            }
            children.append(record)
            carryOut(.addedByRequest(record.id), Plan(.start(record.id)), &effects)
        case .terminate(let id):
            guard children.place(of: id) != nil else { return refuse(.notFound(id), &effects) }
            carryOut(.stoppedByRequest(id), Plan(.stop(id)), &effects)
        case .restart(let id):
            // One that waits as its backoff says is restarted now, and those that wait with it.
            if let place = children.place(of: id), case .restarting = children[at: place].state, tracks.isWaiting(id) {
                return restart(place, as: .restartedByRequest(id), &effects)
            }
            if let problem = problem(with: id) { return refuse(problem, &effects) }
            carryOut(.startedByRequest(id), Plan(.start(id)), &effects)
        case .delete(let id):
            if let problem = problem(with: id) { return refuse(problem, &effects) }
            children.remove(id)
            tracks.forget(id)
            effects += [.forget(id), .reply(.success(.done))]
        case .change(let strategy, let intensity, let autoShutdown, let records):
            change(strategy, intensity, autoShutdown, records, &effects)
        default:
            break
        }
    }

    /// Takes over new rules, for what happens from now on.
    private mutating func change(
        _ strategy: Strategy?,
        _ intensity: RestartIntensity?,
        _ autoShutdown: AutoShutdown?,
        _ records: [ChildRecord],
        _ effects: inout [Effect]
    ) {
        for record in records where children.place(of: record.id) == nil {
            return refuse(.notFound(record.id), &effects)
        }
        var changed = children
        for record in records {
            changed.update(record.id) { child in
                child.restart = record.restart
                child.shutdown = record.shutdown
                child.kind = record.kind
                child.isSignificant = record.isSignificant
                child.limits = record.limits
            }
        }
        if (autoShutdown ?? self.autoShutdown) == .never, let child = changed.all.first(where: \.isSignificant) {
            return refuse(.invalid(.significantWithoutAutoShutdown(child.id)), &effects)
        }
        children = changed
        self.strategy = strategy ?? self.strategy
        self.intensity = intensity ?? self.intensity
        self.autoShutdown = autoShutdown ?? self.autoShutdown
        effects.append(.reply(.success(.done)))
    }

    func refuse(_ error: SupervisorError, _ effects: inout [Effect]) {
        effects.append(.reply(.failure(error)))
    }

    /// Why a child cannot be started or forgotten.
    private func problem(with id: ChildID) -> SupervisorError? {
        switch children[id]?.state {
        case nil: .notFound(id)
        case .stopped: nil
        case .running, .starting, .stopping: .running(id)
        case .restarting: .restarting(id)
        }
    }
}
