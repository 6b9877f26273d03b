extension SupervisorMachine {
    /// What follows from a request, while the supervisor is not stopping.
    mutating func request(_ event: Event) -> [Effect] {
        switch event {
        case .add(let record):
            if let present = children[record.id] {
                if case .running(let process) = present.state { return refuse(.alreadyStarted(record.id, process)) }
                return refuse(.alreadyPresent(record.id))
            }
            if record.isSignificant, autoShutdown == .never {
                return refuse(.invalid(.significantWithoutAutoShutdown(record.id)))
            }
            children.append(record)
            return carryOut(.addedByRequest(record.id), [.start(record.id)])
        case .terminate(let id):
            guard children[id] != nil else { return refuse(.notFound(id)) }
            return carryOut(.stoppedByRequest(id), [.stop(id)])
        case .restart(let id):
            // One that waits as its backoff says is restarted now, and those that wait with it.
            if let child = children[id], case .restarting = child.state, tracks.isWaiting(id) {
                return restart(child, as: .restartedByRequest(id))
            }
            if let problem = problem(with: id) { return refuse(problem) }
            return carryOut(.startedByRequest(id), [.start(id)])
        case .delete(let id):
            if let problem = problem(with: id) { return refuse(problem) }
            children.remove(id)
            tracks.forget(id)
            return [.forget(id), .reply(.success(.done))]
        case .change(let strategy, let intensity, let autoShutdown, let records):
            return change(strategy, intensity, autoShutdown, records)
        default:
            return []
        }
    }

    /// Takes over new rules, for what happens from now on.
    private mutating func change(
        _ strategy: Strategy?,
        _ intensity: RestartIntensity?,
        _ autoShutdown: AutoShutdown?,
        _ records: [ChildRecord]
    ) -> [Effect] {
        for record in records where children[record.id] == nil { return refuse(.notFound(record.id)) }
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
            return refuse(.invalid(.significantWithoutAutoShutdown(child.id)))
        }
        children = changed
        self.strategy = strategy ?? self.strategy
        self.intensity = intensity ?? self.intensity
        self.autoShutdown = autoShutdown ?? self.autoShutdown
        return [.reply(.success(.done))]
    }

    func refuse(_ error: SupervisorError) -> [Effect] {
        [.reply(.failure(error))]
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
