/// How the drain of a kind of process is run.
struct DrainWork: Sendable {
    /// Starts a task that begins on the actor, drains the process and gives the drain's pin back; whether it must go on when
    /// everything else stands still.
    let spawn: @Sendable (ProcessCell, any ProcessActor, Bool) -> Task<Void, Never>
    /// Drains the process in the current task, as its guest.
    /// - Returns: the process that the task is to drain next.
    let run: @concurrent @Sendable (ProcessCell) async -> ProcessCell?

    init(for type: any ProcessActor.Type) {
        if let plain = type as? any Actor.Type {
            self = Self.on(plain)
        } else {
            spawn = { cell, actor, _ in
                cell.runtime.spawn {
                    _ = await cell.drain(actor, on: nil)
                    cell.leave()
                }
            }
            run = { cell in
                guard let actor = cell.actor else { return nil }
                return await cell.drain(actor, on: nil, asGuest: true)
            }
        }
    }

    private init(
        spawn: @escaping @Sendable (ProcessCell, any ProcessActor, Bool) -> Task<Void, Never>,
        run: @escaping @concurrent @Sendable (ProcessCell) async -> ProcessCell?
    ) {
        self.spawn = spawn
        self.run = run
    }

    private static func on<Plain: Actor>(_ type: Plain.Type) -> DrainWork {
        let spawn: (ProcessCell, any ProcessActor, Bool, isolated Plain) -> Task<Void, Never> = spawnDrain
        // Safe: only the isolation of the parameter is dropped, as the standard library's assumeIsolated does. The function
        // captures nothing and does not touch the actor; it only names it as the place where the task begins.
        let anywhere = unsafeBitCast(
            spawn,
            to: (@Sendable (ProcessCell, any ProcessActor, Bool, Plain) -> Task<Void, Never>).self
        )
        // The actor is made by the closure whose result type this is.
        return DrainWork(
            spawn: { cell, actor, isUrgent in anywhere(cell, actor, isUrgent, unsafeDowncast(actor, to: Plain.self)) },
            run: { cell in
                guard let actor = cell.actor else { return nil }
                return await cell.drain(actor, on: unsafeDowncast(actor, to: Plain.self), asGuest: true)
            }
        )
    }

    private static func spawnDrain<Plain: Actor>(
        of cell: ProcessCell,
        _ actor: any ProcessActor,
        _ isUrgent: Bool,
        on isolation: isolated Plain
    ) -> Task<Void, Never> {
        if isUrgent {
            return cell.runtime.spawnSupervisionIsolated {
                let follower = await cell.drain(actor, on: isolation)
                cell.leave()
                if let follower { await ProcessCell.follow(follower) }
            }
        }
        return cell.runtime.spawnIsolated {
            let follower = await cell.drain(actor, on: isolation)
            cell.leave()
            if let follower { await ProcessCell.follow(follower) }
        }
    }
}
