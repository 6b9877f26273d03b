/// Requests from which nothing follows that has to be waited for: turns that need no task of their own.
extension SupervisorProcess {
    /// As ``startChild(_:)``, for a start that does not suspend and has nothing to say besides.
    func startChildAtOnce(_ spec: ChildSpec) throws -> ProcessID? {
        try spec.validateForRequest()
        return try childOfReply(driver.performAtOnce(.add(SupervisorMachine.ChildRecord(spec)), adding: spec))
    }

    /// As ``terminateChild(_:)``, of a child that is idle and has nothing to finish.
    /// - Returns: false if it is another one; nothing was done then.
    func terminateChildAtOnce(_ id: ChildID) throws -> Bool {
        guard let (process, policy) = driver.machine.withLock({ $0.stoppable(id) }) else { return false }
        guard let reason = roster.stopNow(id, process, policy) else { return false }
        _ = try childOfReply(driver.performAtOnce(.terminate(id), stopped: reason))
        return true
    }

    func deleteChildAtOnce(_ id: ChildID) throws {
        _ = try childOfReply(driver.performAtOnce(.delete(id)))
    }

    private func childOfReply(_ reply: Result<SupervisorMachine.Reply, SupervisorError>?) throws -> ProcessID? {
        guard case .child(let process) = try reply?.get() else { return nil }
        return process
    }
}

extension SupervisorMachine {
    /// The process of a child that runs and could be stopped on request, and how.
    func stoppable(_ id: ChildID) -> (process: ProcessID, policy: ShutdownPolicy)? {
        guard !isShuttingDown, let place = children.place(of: id) else { return nil }
        guard case .running(let process) = children[at: place].state else { return nil }
        return (process, children[at: place].shutdown)
    }
}

extension SupervisionDriver {
    /// As ``perform(_:adding:)``, for an event from which nothing follows that has to be waited for.
    /// - Parameters:
    ///   - spec: of the child that the event adds; its start does not suspend.
    ///   - reason: what the child that the event stops has ended with already.
    /// - Returns: the machine's answer.
    func performAtOnce(
        _ event: Event,
        adding spec: ChildSpec? = nil,
        stopped reason: ExitReason = .noProcess
    ) -> Result<SupervisorMachine.Reply, SupervisorError>? {
        var reply: Result<SupervisorMachine.Reply, SupervisorError>?
        var effects = machine.withLock { $0.handle(event) }
        var done = 0
        while done < effects.count {
            defer { done += 1 }
            switch effects[done] {
            case .start(let key):
                if let spec { roster.learn(key, spec) }
                let answer = startNow(key) ?? .startFailed(key, SupervisorError.shuttingDown)
                effects += machine.withLock { $0.handle(answer) }
            case .stop(let key, _, _):
                effects += machine.withLock { $0.handle(.stopped(key, reason)) }
            case .forget(let key): roster.forget(key)
            case .report(let report): context.runtime.log(report, of: context.cell)
            case .reply(let result): reply = result
            case .stopAll, .retryLater, .wait, .awaitRelease, .exit: break
            }
        }
        return reply
    }
}
