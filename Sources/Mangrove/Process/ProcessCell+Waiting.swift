/// What a task is doing on behalf of a process: one of its turns, its start, or its end.
///
/// Carried by a task-local, which a task that was left behind keeps; it means something only while the process says that
/// this very activity is going on.
struct Activity: Sendable {
    let cell: ProcessCell
    let number: UInt64
}

/// One thing that a process's activity waits for.
struct Wait: Sendable {
    let number: UInt64
    let target: ProcessCell
}

extension ProcessCell {
    /// The process on whose behalf the current task runs.
    @TaskLocal static var activity: Activity?

    /// The process whose `run` the current task is, or was started by.
    @TaskLocal static var runner: ProcessCell?

    /// Begins an activity; inside the lock.
    func beginActivity(_ state: inout State) -> Activity {
        state.activities += 1
        state.activity = state.activities
        return Activity(cell: self, number: state.activities)
    }

    /// Ends the activity under way; inside the lock.
    func endActivity(_ state: inout State) {
        state.activity = nil
        if let aside = state.aside, !aside.waits.isEmpty { aside.waits = [] }
    }

    /// Notes that whoever the current task works for waits for `target`.
    /// - Throws: `deadlock` with the chain of who waits for whom, if that closes a circle; nothing is noted then.
    @usableFromInline
    static func beginWaiting(for target: ProcessCell) throws(CallError) -> WaitNote? {
        guard let note = noteWaiting(for: target) else { return nil }
        if let circle = note.waiter.circle(through: target) {
            note.end()
            target.runtime.counters.deadlocks.add()
            throw .deadlock(circle.map(\.label))
        }
        return note
    }

    /// As ``beginWaiting(for:)``, for waits that end by themselves: others learn of them.
    static func noteWaiting(for target: ProcessCell) -> WaitNote? {
        guard let activity else { return nil }
        let waiter = activity.cell
        return waiter.state.withLock { state -> WaitNote? in
            guard state.activity == activity.number else { return nil }
            let aside = state.setAside()
            aside.waitsBegun += 1
            aside.waits.append(Wait(number: aside.waitsBegun, target: target))
            return WaitNote(waiter: waiter, number: aside.waitsBegun)
        }
    }

    /// Whether the current task runs a turn of this process.
    var isOwnTurn: Bool {
        guard let activity = Self.activity, activity.cell === self else { return false }
        return state.withLock { $0.activity == activity.number }
    }

    /// The chain from this process over `target` back to itself, if there is one.
    private func circle(through target: ProcessCell) -> [ProcessCell]? {
        var paths: [[ProcessCell]] = [[self, target]]
        var seen: Set<ObjectIdentifier> = [ObjectIdentifier(target)]
        while let path = paths.popLast() {
            guard let last = path.last else { continue }
            if last === self { return path }
            for wait in last.state.withLock({ $0.aside?.waits }) ?? [] {
                if wait.target === self { return path + [self] }
                if seen.insert(ObjectIdentifier(wait.target)).inserted { paths.append(path + [wait.target]) }
            }
        }
        return nil
    }
}

/// A wait that has been noted, to be taken back when it is over.
@usableFromInline
struct WaitNote: Sendable {
    let waiter: ProcessCell
    let number: UInt64

    @usableFromInline
    func end() {
        waiter.state.withLock { state in
            guard let aside = state.aside else { return }
            if let index = aside.waits.firstIndex(where: { $0.number == number }) { aside.waits.remove(at: index) }
        }
    }
}
