import Mangrove
import MangroveTesting
import Testing

/// A process that keeps its context where tests can reach it, and notes what it is told.
actor Member: ProcessActor {
    nonisolated let context: ProcessContext
    private(set) var notes: [String] = []

    init(_ context: ProcessContext) { self.context = context }

    func note(_ text: String) { notes.append(text) }

    func take() -> [String] {
        defer { notes = [] }
        return notes
    }

    func spend(_ time: Duration) async throws { try await context.runtime.sleep(for: time) }
    func crash() throws { throw Boom() }
}

/// A process of another kind.
actor Stranger: ProcessActor {
    nonisolated let context: ProcessContext
    init(_ context: ProcessContext) { self.context = context }
}

/// A running member, with its context.
struct Joined: Sendable {
    let ref: Ref<Member>
    let context: ProcessContext

    var notes: [String] {
        get async throws { try await ref.call { $0.take() } }
    }
}

/// Runs `body` with several temporary members, under several seeds.
func withMembers(
    _ count: Int = 4,
    seeds: Range<UInt64> = 0..<8,
    mailboxLimit: Int = 100_000,
    leavingTimers: Bool = false,
    _ body: @escaping @Sendable (Simulation, [Joined], Ref<SupervisorProcess>) async throws -> Void
) {
    simulate(seeds: seeds, leavingTimers: leavingTimers) { simulation in
        let root = try await simulation.runtime.start(
            Supervisor {
                for id in 0..<count {
                    Worker(ChildID(id), restart: .temporary, mailboxLimit: mailboxLimit) { Member($0) }
                }
                Worker("stranger", restart: .temporary) { Stranger($0) }
            }
        )
        var members: [Joined] = []
        for id in 0..<count {
            let ref = try root.child(ChildID(id), as: Member.self)
            members.append(Joined(ref: ref, context: try await ref.call { $0.context }))
        }
        try await body(simulation, members, root)
    }
}
