extension SupervisionDriver {
    /// As ``perform(_:adding:)`` with the event that adds a child, for a start that does not suspend: a turn that needs no
    /// task of its own.
    /// - Throws: the machine's refusal, or that the start failed.
    func performNow(
        _ event: Event,
        adding spec: ChildSpec,
        _ start: @Sendable (ProcessContext) throws -> any ProcessActor
    ) throws -> ProcessCell? {
        var started: ProcessCell?
        var effects = machine.withLock { $0.handle(event) }
        var done = 0
        while done < effects.count {
            defer { done += 1 }
            switch effects[done] {
            case .start(let key):
                roster.learn(key, spec.kept)
                let answer: Event
                do {
                    let cell = try context.runtime.launchNow(spec, under: context.cell, start) { roster.put(key, $0) }
                    cell.supervise(by: self)
                    started = cell
                    answer = .started(key, cell.id, at: spec.backoff == nil ? nil : context.runtime.clock.now())
                } catch is IgnoreStart {
                    answer = .ignored(key)
                } catch {
                    answer = .startFailed(key, error)
                }
                effects += machine.withLock { $0.handle(answer) }
            case .forget(let key): roster.forget(key)
            case .report(let report): context.runtime.log(report, of: context.cell)
            case .reply(.failure(let error)): throw error
            case .reply(.success), .stop, .stopAll, .retryLater, .wait, .awaitRelease, .exit: break
            }
        }
        return started
    }

    /// Asks all children at once and waits for them together, each within its own limit.
    /// - Returns: what each ended with.
    func stopAll(_ asked: [(key: Key, shutdown: ShutdownPolicy)]) async -> [(key: Key, reason: ExitReason)] {
        let children = asked.compactMap { child in
            roster.cell(child.key).map { (key: child.key, cell: $0, shutdown: child.shutdown) }
        }
        var timers: [any RuntimeTimer] = []
        let course = context.cell.shutdown
        if let course { for child in children { child.cell.take(course) } }
        for child in children {
            child.cell.endSupervision()
            if child.shutdown == .brutalKill { child.cell.kill() } else { child.cell.requestStop(.shutdown) }
        }
        let late = children.filter { !$0.cell.isGone }
        for (policy, group) in Dictionary(grouping: late, by: \.shutdown) {
            guard case .within(let limit) = policy else { continue }
            // One timer for all that have the same limit.
            timers.append(
                context.runtime.clock.schedule(after: limit) {
                    for child in group where !child.cell.isGone {
                        child.cell.noteOverruns(course, .policy)
                        child.cell.killTree()
                    }
                }
            )
        }
        for child in late {
            _ = await child.cell.awaitDeath()
            await child.cell.awaitRemains()
        }
        // One whose stop was begun and broken off was not asked for, and must not be left behind.
        for left in roster.removeAll() where !left.cell.isGone {
            _ = await left.cell.stop(.shutdown, within: left.shutdown, during: course)
        }
        for timer in timers { timer.cancel() }
        var ends: [(key: Key, reason: ExitReason)] = []
        for child in children { ends.append((child.key, await child.cell.awaitDeath())) }
        return ends
    }
}
