import Mangrove
import MangroveTesting
import Testing

/// What a task's error says, for comparison.
func told(_ result: Result<some Any, any Error>?) -> String {
    switch result {
    case .success(let value)?: "\(value)"
    case .failure(let error)?: "\(error)"
    case nil: "nothing"
    }
}

/// Runs `body` with a task supervisor and two members, the second of which handles signals.
func withTasks(
    seeds: Range<UInt64> = 0..<8,
    maxChildren: Int? = nil,
    leavingTimers: Bool = false,
    _ body: @escaping @Sendable (Ref<DynamicSupervisorProcess>, Runtime, Joined) async throws -> Void
) {
    simulate(seeds: seeds, leavingTimers: leavingTimers) { simulation in
        let root = try await simulation.runtime.start(
            Supervisor {
                TaskSupervisor("jobs", maxChildren: maxChildren)
                Worker("owner", restart: .temporary) { Member($0) }
            }
        )
        let owner = try root.child("owner", as: Member.self)
        let jobs = try root.child("jobs", as: DynamicSupervisorProcess.self)
        let joined = Joined(ref: owner, context: try await owner.call { $0.context })
        try await body(jobs, simulation.runtime, joined)
    }
}
