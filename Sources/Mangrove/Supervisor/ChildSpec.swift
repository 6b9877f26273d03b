/// What a supervisor knows of a child: how to start it, when to restart it, how to stop it.
///
/// Usually made by ``Worker``, ``Supervisor``, ``DynamicSupervisor`` or ``PartitionSupervisor``. The defaults are OTP's:
/// permanent; 5 seconds to stop for a worker, no bound for a supervisor.
///
/// A value; its copies share most of it until one of them is changed, so that ten thousand children started from one
/// specification do not have ten thousand copies.
public struct ChildSpec: Sendable {
    /// Tells the children of one supervisor apart.
    public var id: ChildID {
        get { facts.contents.id }
        set { change { $0.id = newValue } }
    }

    /// When it is restarted.
    public var restart: RestartType {
        get { facts.contents.restart }
        set { change { $0.restart = newValue } }
    }

    /// How it is stopped.
    public var shutdown: ShutdownPolicy {
        get { facts.contents.shutdown }
        set { change { $0.shutdown = newValue } }
    }

    /// Whether it is a process with work of its own or a supervisor of others.
    public var kind: ChildKind { facts.contents.kind }

    /// Whether its end can end its supervisor; see ``AutoShutdown``.
    public var isSignificant: Bool {
        get { facts.contents.isSignificant }
        set { change { $0.isSignificant = newValue } }
    }

    /// The name it registers, or nil.
    public var name: ProcessName? {
        get { facts.contents.name }
        set { change { $0.name = newValue } }
    }

    /// How many messages its mailbox holds; at least 1.
    public var mailboxLimit: Int {
        get { facts.contents.room.limit }
        set { change { $0.room.limit = newValue } }
    }

    /// What becomes of a message that finds the mailbox full.
    public var overflow: MailboxOverflow {
        get { facts.contents.room.overflow }
        set { change { $0.room.overflow = newValue } }
    }

    /// What becomes of it when it was killed and its code does not return.
    public var zombies: ZombiePolicy {
        get { facts.contents.zombies }
        set { change { $0.zombies = newValue } }
    }

    /// How long one of its turns may take before it is named in the log; nil for as long as it likes.
    public var turnBudget: Duration? {
        get { facts.contents.turnBudget }
        set { change { $0.turnBudget = newValue } }
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

    struct Contents: Sendable {
        var id: ChildID
        var restart: RestartType
        var shutdown: ShutdownPolicy
        var kind: ChildKind
        var isSignificant: Bool
        var name: ProcessName?
        var room: MailboxPolicy
        var zombies = ZombiePolicy.report
        var limits: RestartLimits?
        var turnBudget: Duration?
        var hooks: ProcessHooks
        /// Looks for faults in the specifications below this one, where it is a supervisor's.
        var validateContents: @Sendable () throws(SpecError) -> Void
    }

    /// What stays the same from start to start, but for the start itself; its processes refer to it.
    final class Facts: Sendable {
        let contents: Contents

        init(_ contents: Contents) { self.contents = contents }
    }

    private(set) var facts: Facts
    private(set) var start: StartWork
    /// Where its starts leave what they have to say; nil if they say nothing.
    var startInfo: StartInfo?

    var limits: RestartLimits? { facts.contents.limits }
    var hooks: ProcessHooks { facts.contents.hooks }

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
        facts = Facts(
            Contents(
                id: id,
                restart: restart,
                shutdown: shutdown,
                kind: kind,
                isSignificant: isSignificant,
                name: name,
                room: MailboxPolicy(limit: mailboxLimit, overflow: .fail),
                hooks: .of(actorType),
                validateContents: validateContents
            )
        )
        self.start = start
    }

    private mutating func change(_ change: (inout Contents) -> Void) {
        var contents = facts.contents
        change(&contents)
        facts = Facts(contents)
    }

    /// This specification as a supervisor keeps it that has its start at hand: a temporary child is never started again.
    var kept: ChildSpec {
        guard restart == .temporary else { return self }
        var spec = self
        spec.forgetStart()
        return spec
    }

    /// Whether its start does not suspend and has nothing to say besides.
    var startsAtOnce: Bool {
        if case .immediate = start { startInfo == nil } else { false }
    }

    /// Lets go of the start closure and of what it captured.
    mutating func forgetStart() {
        // Captures nothing, and so takes no memory for each child.
        start = .immediate { context in throw SupervisorError.invalid(.startNotKept(context.cell.childID)) }
        startInfo = nil
    }

    /// Has each start do something first; if that throws, the start has failed.
    mutating func beforeStart(_ preparation: @escaping @Sendable (ProcessContext) throws -> Void) {
        switch start {
        case .immediate(let start):
            self.start = .immediate { context in
                try preparation(context)
                return try start(context)
            }
        case .suspending(let start):
            self.start = .suspending { context in
                try preparation(context)
                return try await start(context)
            }
        }
    }

    /// What a process ends with whose start threw.
    func exitReason(ofFailedStart error: any Error) -> ExitReason {
        // A supervisor one of whose children did not start has stopped the others in good order: it did not crash.
        if kind == .supervisor, case SupervisorError.startFailed = error { return .shutdownBecause(error) }
        return Exit.reason(for: error)
    }

    /// Looks for faults, here and below, before anything starts.
    func validate() throws(SpecError) {
        if id.text.isEmpty { throw .emptyID }
        if case .within(let limit) = shutdown, limit < .zero { throw .negativeShutdown(id, limit) }
        if mailboxLimit < 1 { throw .mailboxLimit(id, mailboxLimit) }
        if let turnBudget, turnBudget <= .zero { throw .turnBudget(id, turnBudget) }
        if isSignificant, restart == .permanent { throw .significantPermanent(id) }
        if let backoff, !backoff.isValid { throw .backoff(id, backoff) }
        try restartBudget?.limit.validate()
        try facts.contents.validateContents()
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
    private let keptHash: KeptHash

    /// Makes an id.
    public init(_ text: String) {
        self.text = text
        keptHash = KeptHash { $0.combine(text) }
    }

    /// Makes the id of a numbered child.
    public init(_ number: Int) { self.init(String(number)) }

    /// An id written out.
    public init(stringLiteral text: String) { self.init(text) }

    /// A number as an id.
    public init(integerLiteral number: Int) { self.init(String(number)) }

    /// Whether both are the same text.
    public static func == (first: ChildID, second: ChildID) -> Bool {
        first.keptHash == second.keptHash && first.text == second.text
    }

    /// Hashes the id.
    public func hash(into hasher: inout Hasher) { hasher.combine(keptHash) }

    /// The standard library's way to a hash that is there already.
    public func _rawHashValue(seed: Int) -> Int { keptHash.mixed(with: seed) }
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
    /// A budget for turns that allows none.
    case turnBudget(ChildID, Duration)
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
    /// The specification was read from a running temporary child, whose start is not kept.
    case startNotKept(ChildID)
    /// A program that cannot be started as it is described.
    case program(ChildID, ProgramError)
}
