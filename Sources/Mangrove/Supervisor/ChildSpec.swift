/// What a supervisor knows of a child: how to start it, when to restart it, how to stop it.
///
/// Usually made by ``Worker``, ``Supervisor``, ``DynamicSupervisor`` or ``PartitionSupervisor``. The defaults are OTP's:
/// permanent; 5 seconds to stop for a worker, no bound for a supervisor.
///
/// A value; its copies share one object until one of them is changed, so that ten thousand children started from one
/// specification keep one.
public struct ChildSpec: Sendable {
    /// Tells the children of one supervisor apart.
    public var id: ChildID {
        get { shared.contents.id }
        set { change { $0.id = newValue } }
    }

    /// When it is restarted.
    public var restart: RestartType {
        get { shared.contents.restart }
        set { change { $0.restart = newValue } }
    }

    /// How it is stopped.
    public var shutdown: ShutdownPolicy {
        get { shared.contents.shutdown }
        set { change { $0.shutdown = newValue } }
    }

    /// Whether it is a process with work of its own or a supervisor of others.
    public var kind: ChildKind { shared.contents.kind }

    /// Whether its end can end its supervisor; see ``AutoShutdown``.
    public var isSignificant: Bool {
        get { shared.contents.isSignificant }
        set { change { $0.isSignificant = newValue } }
    }

    /// The name it registers, or nil.
    public var name: ProcessName? {
        get { shared.contents.name }
        set { change { $0.name = newValue } }
    }

    /// How many messages its mailbox holds; at least 1.
    public var mailboxLimit: Int {
        get { shared.contents.room.limit }
        set { change { $0.room.limit = newValue } }
    }

    /// What becomes of a message that finds the mailbox full.
    public var overflow: MailboxOverflow {
        get { shared.contents.room.overflow }
        set { change { $0.room.overflow = newValue } }
    }

    /// What becomes of it when it was killed and its code does not return.
    public var zombies: ZombiePolicy {
        get { shared.contents.zombies }
        set { change { $0.zombies = newValue } }
    }

    /// How long it waits before a restart; nil for not at all.
    public var backoff: Backoff? {
        get { limits?.backoff }
        set { change { $0.limits = RestartLimits(newValue, $0.limits?.budget) } }
    }

    /// How many restarts of it alone are too many; nil for no limit of its own.
    public var restartBudget: RestartBudget? {
        get { limits?.budget }
        set { change { $0.limits = RestartLimits($0.limits?.backoff, newValue) } }
    }

    private struct Contents {
        var id: ChildID
        var restart: RestartType
        var shutdown: ShutdownPolicy
        var kind: ChildKind
        var isSignificant: Bool
        var name: ProcessName?
        var room: MailboxPolicy
        var zombies = ZombiePolicy.report
        var limits: RestartLimits?
        var hooks: ProcessHooks
        var start: StartWork
        var validateContents: @Sendable () throws(SpecError) -> Void
    }

    private final class Shared: Sendable {
        let contents: Contents

        init(_ contents: Contents) { self.contents = contents }
    }

    private var shared: Shared

    var limits: RestartLimits? { shared.contents.limits }
    var hooks: ProcessHooks { shared.contents.hooks }
    var start: StartWork { shared.contents.start }
    var room: MailboxPolicy { shared.contents.room }

    init<Target: ProcessActor>(
        id: ChildID,
        restart: RestartType,
        shutdown: ShutdownPolicy,
        kind: ChildKind,
        isSignificant: Bool = false,
        name: ProcessName?,
        mailboxLimit: Int,
        actorType: Target.Type,
        validateContents: @escaping @Sendable () throws(SpecError) -> Void = {},
        start: StartWork
    ) {
        shared = Shared(
            Contents(
                id: id,
                restart: restart,
                shutdown: shutdown,
                kind: kind,
                isSignificant: isSignificant,
                name: name,
                room: MailboxPolicy(limit: mailboxLimit, overflow: .fail),
                hooks: ProcessHooks(for: actorType),
                start: start,
                validateContents: validateContents
            )
        )
    }

    private mutating func change(_ change: (inout Contents) -> Void) {
        var contents = shared.contents
        change(&contents)
        shared = Shared(contents)
    }

    /// Looks for faults, here and below, before anything starts.
    func validate() throws(SpecError) {
        if id.text.isEmpty { throw .emptyID }
        if case .within(let limit) = shutdown, limit < .zero { throw .negativeShutdown(id, limit) }
        if mailboxLimit < 1 { throw .mailboxLimit(id, mailboxLimit) }
        if isSignificant, restart == .permanent { throw .significantPermanent(id) }
        if let backoff, !backoff.isValid { throw .backoff(id, backoff) }
        try restartBudget?.limit.validate()
        try shared.contents.validateContents()
    }
}

/// The closure that makes a process's actor.
enum StartWork: Sendable {
    /// Runs where its supervisor runs.
    case immediate(@Sendable (ProcessContext) throws -> any ProcessActor)
    /// Can suspend, and so gets a task of its own, which ends with the process.
    case suspending(@Sendable (ProcessContext) async throws -> any ProcessActor)
}

/// The id of a child among its siblings.
public struct ChildID: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    /// The id as it stands in paths.
    public let text: String

    /// Makes an id.
    public init(_ text: String) { self.text = text }

    /// Makes the id of a numbered child.
    public init(_ number: Int) { text = String(number) }

    /// An id written out.
    public init(stringLiteral text: String) { self.text = text }

    /// A number as an id.
    public init(integerLiteral number: Int) { text = String(number) }
}

extension ChildID: CustomStringConvertible {
    /// The id as it stands in paths.
    public var description: String { text }
}

/// When a child that ended is started again.
public enum RestartType: Sendable, Hashable, CaseIterable {
    /// Always.
    case permanent
    /// When it did not end cleanly; see ``ExitReason/isClean``.
    case transient
    /// Never; its specification goes with it.
    case temporary
}

/// How a child is stopped.
public enum ShutdownPolicy: Sendable, Hashable {
    /// It is asked, and killed if it has not ended by then.
    case within(Duration)
    /// It is asked, and waited for without bound.
    case infinity
    /// It is killed; `terminate` does not run.
    case brutalKill
}

/// What kind of child a specification describes.
public enum ChildKind: Sendable, Hashable {
    /// A process with work of its own.
    case worker
    /// A supervisor.
    case supervisor
}

/// Thrown by a child's start closure to say that there is nothing to start now: not an error.
///
/// A static supervisor keeps the specification without a process, unless it is temporary; a dynamic one keeps nothing.
public struct IgnoreStart: Error, Sendable {
    /// Makes one.
    public init() {}
}

/// What is wrong with a specification. Nothing was started.
public enum SpecError: Error, Sendable, Equatable {
    /// A child's id is the empty string.
    case emptyID
    /// Two children have one id.
    case duplicateID(ChildID)
    /// A time to stop below zero.
    case negativeShutdown(ChildID, Duration)
    /// A mailbox that holds nothing.
    case mailboxLimit(ChildID, Int)
    /// A significant child that is always restarted never ends for good.
    case significantPermanent(ChildID)
    /// A significant child under a supervisor that never shuts down by itself.
    case significantWithoutAutoShutdown(ChildID)
    /// A backoff that makes no sense; its members say what they must be.
    case backoff(ChildID, Backoff)
    /// A number of restarts below zero.
    case negativeIntensity(Int)
    /// A window of no length.
    case period(Duration)
    /// A number of partitions below one.
    case partitions(Int)
    /// A number of children below zero.
    case negativeMaxChildren(Int)
    /// A program that cannot be started as it is described.
    case program(ChildID, ProgramError)
}
