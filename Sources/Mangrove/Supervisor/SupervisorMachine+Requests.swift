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
        default:
            return []
        }
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
