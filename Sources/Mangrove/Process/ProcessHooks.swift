/// What a kind of process adds to being an actor: found out once for each kind, shared by all its processes.
final class ProcessHooks: Sendable {
    /// What has been found out. It follows from the types alone, and so is the same in all runtimes.
    private static let known = Lock<[ObjectIdentifier: ProcessHooks]>([:])

    /// The hooks of a kind of process.
    static func of<Target: ProcessActor>(_ type: Target.Type) -> ProcessHooks {
        let kind = ObjectIdentifier(type)
        if let hooks = known.withLock({ $0[kind] }) { return hooks }
        let hooks = ProcessHooks(for: type)
        return known.withLock { known in
            if let earlier = known[kind] { return earlier }
            known[kind] = hooks
            return hooks
        }
    }

    let actorType: any ProcessActor.Type
    let drain: DrainWork
    let run: (@Sendable (any ProcessActor) async throws -> Void)?
    let terminate: (@Sendable (any ProcessActor, ExitReason) async -> Void)?
    let signal: (@Sendable (any ProcessActor, Signal) async throws -> Void)?
    let status: (@Sendable (any ProcessActor) async throws -> ProcessStatus)?
    /// Supervisors do not end with those they are linked with.
    let isSupervisor: Bool

    private init<Target: ProcessActor>(for type: Target.Type) {
        actorType = type
        drain = DrainWork(for: type)
        isSupervisor = type == SupervisorProcess.self || type == DynamicSupervisorProcess.self
        if type is any LongRunning.Type {
            run = { actor in try await (actor as? any LongRunning)?.run() }
        } else {
            run = nil
        }
        if type is any Terminating.Type {
            terminate = { actor, reason in await (actor as? any Terminating)?.terminate(reason: reason) }
        } else {
            terminate = nil
        }
        if type is any SignalHandling.Type {
            signal = { actor, signal in try await (actor as? any SignalHandling)?.handle(signal) }
        } else {
            signal = nil
        }
        if type is any StatusShowing.Type {
            status = { actor in try await (actor as? any StatusShowing)?.status() ?? ProcessStatus() }
        } else {
            status = nil
        }
    }
}
