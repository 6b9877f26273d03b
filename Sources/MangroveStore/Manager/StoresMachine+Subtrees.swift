import Mangrove

/// What follows from the starts and ends of subtrees.
extension StoresMachine {
    /// A store that ran for this long has lasted.
    private static let lasting = Duration.seconds(30)

    mutating func started(_ id: String, _ start: Int, at now: RuntimeInstant) {
        guard let entry = entries[id], entry.life == .starting, entry.start == start else { return }
        startIsOver(id)
        entries[id]?.life = .up
        entries[id]?.upSince = now
        entries[id]?.problem = nil
        effects.append(.watch(id, start: start))
        for starter in entry.starters { answer(starter.ticket, .success(starter.answer)) }
        entries[id]?.starters = []
        settle(id)
    }

    mutating func startFailed(_ id: String, _ start: Int, _ error: StoreError) {
        guard let entry = entries[id], entry.life == .starting, entry.start == start else { return }
        startIsOver(id)
        entries[id]?.life = .down
        effects.append(.note(.startFailed(id, error)))
        entries[id]?.problem = error
        if Self.isDamage(error) { entries[id]?.isDamaged = true } else { rest(id) }
        failStarters(id, error)
        settle(id)
    }

    mutating func startIsSlow(_ id: String, _ start: Int) {
        guard let entry = entries[id], entry.life == .starting, entry.start == start, !entry.isSlow else { return }
        entries[id]?.isSlow = true
        starting -= 1
        slow += 1
    }

    private mutating func startIsOver(_ id: String) {
        if entries[id]?.isSlow ?? false { slow -= 1 } else { starting -= 1 }
        entries[id]?.isSlow = false
    }

    mutating func stopped(_ id: String) {
        guard let entry = entries[id], entry.life == .stopping else { return }
        entries[id]?.life = .down
        entries[id]?.upSince = nil
        switch entry.work {
        case .removing(_, let erasing): effects.append(.putAway(id, erasing: erasing))
        case .restarting(let ticket):
            entries[id]?.work = nil
            entries[id]?.starters.append((ticket, .changed(restarted: true)))
            enqueue(id)
        case .halting(let ticket):
            entries[id]?.work = nil
            answer(ticket, .success(.done))
        case .making, .saving, nil: break
        }
        settle(id)
    }

    mutating func ended(_ id: String, _ start: Int, _ reason: ExitReason, at now: RuntimeInstant) {
        guard let entry = entries[id], entry.life == .up, entry.start == start else { return }
        effects.append(.note(.ended(id, reason)))
        let lasted = entry.upSince.map { $0.duration(to: now) >= Self.lasting } ?? false
        if lasted { entries[id]?.failures = 0 }
        entries[id]?.life = .down
        entries[id]?.upSince = nil
        entries[id]?.problem = .unavailable(store: id, why: "its subtree ended: \(reason)")
        rest(id)
    }

    mutating func refused(_ id: String, _ error: StoreError) {
        guard let entry = entries[id], entry.life == .up else { return }
        effects.append(.note(.refused(id, error)))
        entries[id]?.problem = error
        entries[id]?.isDamaged = true
        entries[id]?.life = .stopping
        effects.append(.stop(id))
    }

    mutating func pauseOver(_ id: String, _ pause: Int) {
        guard let entry = entries[id], entry.pause == pause else { return }
        entries[id]?.pause = nil
        if entry.life == .down, entry.isThere, !entry.isDamaged { enqueue(id) }
    }

    /// Lets a store rest before it is started again, the longer the more often in a row it has failed.
    mutating func rest(_ id: String) {
        let failures = (entries[id]?.failures ?? 0) + 1
        pauses += 1
        entries[id]?.failures = failures
        entries[id]?.pause = pauses
        let time = failures == 1 ? .zero : min(Duration.milliseconds(50) * (1 << min(failures, 12)), .seconds(30))
        effects.append(.pause(id, time, pauses))
    }

    mutating func enqueue(_ id: String) {
        guard let entry = entries[id] else { return }
        entries[id]?.life = .queued
        entries[id]?.pause = nil
        queue.add(id, entry.starters.isEmpty ? .line(entry.profile.resolved.priority) : .asked)
    }

    mutating func startNext() {
        while starting < atOnce, let id = queue.next() {
            // It may have been started by another of its places in the queue, or be busy: then it comes back later.
            guard let entry = entries[id], entry.life == .queued, entry.work == nil else { continue }
            starting += 1
            entries[id]?.life = .starting
            entries[id]?.start += 1
            effects.append(.start(id, start: entry.start + 1, entry.profile))
        }
        guard starting == 0, slow == 0, queue.isEmpty else { return }
        for ticket in settling { answer(ticket, .success(.done)) }
        settling = []
    }
}
