/// Something that can stand in a supervisor's list of children.
public protocol Child: Sendable {
    /// How to start and treat it.
    var spec: ChildSpec { get }
}

extension ChildSpec: Child {
    /// Itself.
    public var spec: ChildSpec { self }
}

/// A child that does work: any ``ProcessActor``.
///
/// The closure makes the actor and returns it ready to be called; everyone else reaches it through a ``Ref`` or
/// ``Address``. It runs inside the supervisor: until it returns, the next child does not start. Throwing is a failed
/// start; throwing ``IgnoreStart`` says that there is nothing to start.
///
/// ```swift
/// Worker("counter", name: "counter") { Counter() }
/// ```
public struct Worker: Child {
    /// How to start and treat it.
    public let spec: ChildSpec

    /// Describes a worker.
    /// - Parameters:
    ///   - id: tells it from its siblings.
    ///   - name: registered while it lives; a second process of that name cannot start.
    ///   - restart: when it is restarted.
    ///   - shutdown: how it is stopped.
    ///   - isSignificant: whether its end can end its supervisor.
    ///   - mailboxLimit: how many messages may wait for it.
    ///   - start: makes the actor, given what the process knows of itself.
    public init<Target: ProcessActor>(
        _ id: ChildID,
        name: ProcessName? = nil,
        restart: RestartType = .permanent,
        shutdown: ShutdownPolicy = .within(.seconds(5)),
        isSignificant: Bool = false,
        mailboxLimit: Int = 100_000,
        start: @escaping @Sendable (ProcessContext) throws -> Target
    ) {
        let settings = Settings(id, name, restart, shutdown, isSignificant, mailboxLimit)
        spec = settings.spec(of: Target.self, .immediate(start))
    }

    /// Describes a worker that needs to know nothing of itself.
    public init<Target: ProcessActor>(
        _ id: ChildID,
        name: ProcessName? = nil,
        restart: RestartType = .permanent,
        shutdown: ShutdownPolicy = .within(.seconds(5)),
        isSignificant: Bool = false,
        mailboxLimit: Int = 100_000,
        start: @escaping @Sendable () throws -> Target
    ) {
        let settings = Settings(id, name, restart, shutdown, isSignificant, mailboxLimit)
        spec = settings.spec(of: Target.self, .immediate { _ in try start() })
    }

    /// Describes a worker whose start suspends; it runs in a task of its own, which is cancelled if the process is killed or
    /// told to stop before it has started.
    public init<Target: ProcessActor>(
        _ id: ChildID,
        name: ProcessName? = nil,
        restart: RestartType = .permanent,
        shutdown: ShutdownPolicy = .within(.seconds(5)),
        isSignificant: Bool = false,
        mailboxLimit: Int = 100_000,
        start: @escaping @Sendable (ProcessContext) async throws -> Target
    ) {
        let settings = Settings(id, name, restart, shutdown, isSignificant, mailboxLimit)
        spec = settings.spec(of: Target.self, .suspending(start))
    }

    /// Describes a worker whose start suspends, and that needs to know nothing of itself.
    public init<Target: ProcessActor>(
        _ id: ChildID,
        name: ProcessName? = nil,
        restart: RestartType = .permanent,
        shutdown: ShutdownPolicy = .within(.seconds(5)),
        isSignificant: Bool = false,
        mailboxLimit: Int = 100_000,
        start: @escaping @Sendable () async throws -> Target
    ) {
        let settings = Settings(id, name, restart, shutdown, isSignificant, mailboxLimit)
        spec = settings.spec(of: Target.self, .suspending { _ in try await start() })
    }
}

/// What the initialisers of a worker have in common.
private struct Settings {
    let id: ChildID
    let name: ProcessName?
    let restart: RestartType
    let shutdown: ShutdownPolicy
    let isSignificant: Bool
    let mailboxLimit: Int

    init(
        _ id: ChildID,
        _ name: ProcessName?,
        _ restart: RestartType,
        _ shutdown: ShutdownPolicy,
        _ isSignificant: Bool,
        _ mailboxLimit: Int
    ) {
        self.id = id
        self.name = name
        self.restart = restart
        self.shutdown = shutdown
        self.isSignificant = isSignificant
        self.mailboxLimit = mailboxLimit
    }

    func spec<Target: ProcessActor>(of type: Target.Type, _ start: StartWork) -> ChildSpec {
        ChildSpec(
            id: id,
            restart: restart,
            shutdown: shutdown,
            kind: .worker,
            isSignificant: isSignificant,
            name: name,
            mailboxLimit: mailboxLimit,
            actorType: type,
            start: start
        )
    }
}

/// Collects the children of a supervisor in the order in which they start.
@resultBuilder
public enum ChildrenBuilder {
    /// One child.
    public static func buildExpression(_ child: any Child) -> [ChildSpec] { [child.spec] }
    /// Several children.
    public static func buildExpression(_ children: [any Child]) -> [ChildSpec] { children.map(\.spec) }
    /// Children one after the other.
    public static func buildBlock(_ parts: [ChildSpec]...) -> [ChildSpec] { parts.flatMap { $0 } }
    /// Children that may be absent.
    public static func buildOptional(_ part: [ChildSpec]?) -> [ChildSpec] { part ?? [] }
    /// One alternative.
    public static func buildEither(first: [ChildSpec]) -> [ChildSpec] { first }
    /// The other.
    public static func buildEither(second: [ChildSpec]) -> [ChildSpec] { second }
    /// Children from a loop.
    public static func buildArray(_ parts: [[ChildSpec]]) -> [ChildSpec] { parts.flatMap { $0 } }
}
