/// Why a simulated run could not come to its end. `replay` is the command that makes exactly this run again.
public enum SimulationError: Error, Sendable, CustomStringConvertible {
    /// Everything waits, and no timer is set: a deadlock. Says who waits for whom; the tree shows who was there.
    case stuck(seed: UInt64, waits: [String], tree: String, replay: String)
    /// The run takes longer than allowed.
    case tooManySteps(Int, seed: UInt64, replay: String)
    /// A thread that is not the simulation's did something in it: a bare `Task {}`, a dispatch queue, a thread of its own.
    case escaped(what: String, seed: UInt64, replay: String)
    /// Something that is not its process holds a process's actor, and can call it around its mailbox.
    case heldOutside(process: String, seed: UInt64, replay: String)
    /// What must hold at every moment did not.
    case violated(invariant: String, what: String, step: Int, seed: UInt64, replay: String)
    /// Faults were injected, and the build is one without them.
    case faultsCompiledOut

    /// What happened, with the command that replays it.
    public var description: String {
        switch self {
        case .stuck(let seed, let waits, let tree, let replay):
            """
            seed \(seed): everything waits and no timer is set
            \(waits.isEmpty ? "no process is in a turn: the program itself waits, perhaps for a bare `Task { }`, which no simulation runs" : waits.joined(separator: "\n"))
            \(tree)
            replay: \(replay)
            """
        case .tooManySteps(let limit, let seed, let replay):
            "seed \(seed): not at its end after \(limit) steps\nreplay: \(replay)"
        case .escaped(let what, let seed, let replay):
            """
            seed \(seed): a thread that is not the simulation's \(what). A bare `Task { }`, a dispatch queue or a thread does not follow \
            the seed, and no run with it can be replayed: start tasks with `runtime.spawn`, wait with `runtime.sleep`, and do blocking \
            work with `runtime.environment.blocking`
            replay: \(replay)
            """
        case .heldOutside(let process, let seed, let replay):
            """
            seed \(seed): something beside the process holds the actor of \(process), and can call it around its mailbox, between the \
            halves of a turn. Only the closure that starts a process may hold its actor: hand out `context.ref(as:)`, and have the \
            actor's own tasks hold it weakly or send themselves casts
            replay: \(replay)
            """
        case .violated(let invariant, let what, let step, let seed, let replay):
            "seed \(seed), step \(step): \(invariant): \(what)\nreplay: \(replay)"
        case .faultsCompiledOut:
            "faults were injected, but this build has none: build with `-Xswiftc -DMANGROVE_FAULTS`, or without optimisation"
        }
    }
}
