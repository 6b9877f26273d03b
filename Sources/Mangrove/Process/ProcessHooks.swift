/// What a kind of process adds to being an actor: found out once per child specification, shared by all incarnations.
final class ProcessHooks: Sendable {
    let actorType: any ProcessActor.Type
    let drain: DrainWork
    let run: (@Sendable (any ProcessActor) async throws -> Void)?
    let terminate: (@Sendable (any ProcessActor, ExitReason) async -> Void)?
    let signal: (@Sendable (any ProcessActor, Signal) async throws -> Void)?
    let status: (@Sendable (any ProcessActor) async throws -> ProcessStatus)?
    /// Supervisors do not end with those they are linked with.
    let isSupervisor: Bool

    init<Target: ProcessActor>(for type: Target.Type) {
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
