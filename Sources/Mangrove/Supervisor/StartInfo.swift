/// A child that was started on request, and what else its start had to say.
public struct StartedChild<Info: Sendable>: Sendable {
    /// The new process.
    public var process: ProcessID
    /// What its start told, or nil if it told nothing, or something of another type.
    public var info: Info?
}

extension Worker {
    /// Describes a worker whose start has something to say besides: a port it was given, a file it found.
    ///
    /// What it says goes to whoever asks for the start with ``ProcessReference/startChild(_:informing:)`` or
    /// ``ProcessReference/restartChild(_:informing:)``; otherwise, and of an automatic restart, it is thrown away. Source:
    /// OTP's `{ok, Pid, Info}`.
    ///
    /// ```swift
    /// Worker.informing("listener") { _ in
    ///     let listener = try await Listener()
    ///     return (listener, info: listener.port)
    /// }
    /// ```
    /// - Parameter start: makes the actor, given what the process knows of itself, and says what there is to say. The other
    ///   parameters are those of every worker.
    public static func informing<Target: ProcessActor, Info: Sendable>(
        _ id: ChildID,
        name: ProcessName? = nil,
        restart: RestartType = .permanent,
        shutdown: ShutdownPolicy = .within(.seconds(5)),
        isSignificant: Bool = false,
        mailboxLimit: Int = 100_000,
        start: @escaping @Sendable (ProcessContext) async throws -> (Target, info: Info)
    ) -> ChildSpec {
        let told = StartInfo()
        return Worker(
            id,
            name: name,
            restart: restart,
            shutdown: shutdown,
            isSignificant: isSignificant,
            mailboxLimit: mailboxLimit
        ) { context in
            let (actor, info) = try await start(context)
            told.tell(info, by: context.cell)
            return actor
        }
        .with { $0.startInfo = told }
    }
}

extension ProcessReference where Target == SupervisorProcess {
    /// As ``startChild(_:)``, with what the child's start has to say; see ``Worker/informing(_:name:restart:shutdown:isSignificant:mailboxLimit:start:)``.
    /// - Returns: the new process and what its start told, or nil if there was nothing to start.
    /// - Throws: as ``startChild(_:)``.
    @discardableResult
    public func startChild<Info: Sendable>(
        _ child: any Child,
        informing type: Info.Type
    ) async throws -> StartedChild<Info>? {
        try await call(timeout: nil) { try await $0.startChild(child.spec)?.informing(type) }
    }

    /// As ``restartChild(_:)``, with what the child's start has to say.
    /// - Returns: the new process and what its start told, or nil if there was nothing to start.
    /// - Throws: as ``restartChild(_:)``.
    @discardableResult
    public func restartChild<Info: Sendable>(
        _ id: ChildID,
        informing type: Info.Type
    ) async throws -> StartedChild<Info>? {
        try await call(timeout: nil) { try await $0.restartChild(id)?.informing(type) }
    }
}

extension ProcessReference where Target == DynamicSupervisorProcess {
    /// As ``startChild(_:)``, with what the child's start has to say; see ``Worker/informing(_:name:restart:shutdown:isSignificant:mailboxLimit:start:)``.
    /// - Returns: the new process and what its start told, or nil if there was nothing to start.
    /// - Throws: as ``startChild(_:)``.
    @discardableResult
    public func startChild<Info: Sendable>(
        _ child: any Child,
        informing type: Info.Type
    ) async throws -> StartedChild<Info>? {
        let spec = child.spec
        try spec.validateForDynamicRequest()
        return try await call(timeout: nil) { supervisor in
            guard let started = try await supervisor.startChild(spec) else { return nil }
            return AnyStartedChild(process: started.cell.id, info: started.info).informing(type)
        }
    }
}

/// A child that was started, and whatever its start had to say.
struct AnyStartedChild: Sendable {
    var process: ProcessID
    var info: (any Sendable)?

    func informing<Info: Sendable>(_ type: Info.Type) -> StartedChild<Info> {
        StartedChild(process: process, info: info as? Info)
    }
}

/// What the starts of one specification have to say, until the supervisor has taken it. Several supervisors may use one
/// specification at the same time, so that it is kept by process.
final class StartInfo: Sendable {
    private let told = Lock<[ProcessID: any Sendable]>([:])

    func tell(_ info: any Sendable, by cell: ProcessCell) {
        told.withLock { $0[cell.id] = info }
        // Of a process that was ended meanwhile nobody takes it.
        if cell.gate.isDead { drop(what: cell) }
    }

    func take(from process: ProcessID) -> (any Sendable)? {
        told.withLock { $0.removeValue(forKey: process) }
    }

    func drop(what cell: ProcessCell?) {
        if let cell { _ = take(from: cell.id) }
    }
}
