public import Mangrove

/// Something that goes wrong, in a simulation that was told so; see ``Faults``.
public struct Fault: Sendable, CustomStringConvertible {
    enum Effect: Sendable {
        case crash((any Error)?)
        case kill
        case hang
        case slow(Duration)
        case stuck(Duration)
    }

    let effect: Effect

    /// The process's code throws an ``InjectedFault``: a start fails, a turn ends the process, a point throws.
    public static let crash = Fault(effect: .crash(nil))
    /// The process is killed on the spot: its `terminate` does not run.
    public static let kill = Fault(effect: .kill)
    /// The process's code waits until it is cancelled, as by a kill, and then goes on.
    public static let hang = Fault(effect: .hang)

    /// The process's code throws `error`; an ``Mangrove/Exit`` is taken for what it is.
    public static func crash(with error: any Error) -> Fault { Fault(effect: .crash(error)) }

    /// The process's code takes so much longer, in virtual time.
    public static func slow(_ time: Duration) -> Fault { Fault(effect: .slow(time)) }

    /// The process's code waits so long, in virtual time, whether or not it is cancelled: killed meanwhile, it leaves a
    /// zombie.
    public static func stuck(_ time: Duration) -> Fault { Fault(effect: .stuck(time)) }

    /// The fault in words.
    public var description: String {
        switch effect {
        case .crash(nil): "crash"
        case .crash(let error?): "crash with \(error)"
        case .kill: "kill"
        case .hang: "hang"
        case .slow(let time): "slow by \(time)"
        case .stuck(let time): "stuck for \(time)"
        }
    }
}

/// When a ``Fault`` happens, in the life of a process.
public struct FaultMoment: Sendable, CustomStringConvertible {
    enum Kind: Sendable, Equatable {
        case start
        case anyTurn
        case turn(Int)
        case point(String)
    }

    let kind: Kind

    /// When it is started, at each attempt.
    public static let start = FaultMoment(kind: .start)
    /// When a turn begins.
    public static let anyTurn = FaultMoment(kind: .anyTurn)

    /// When the `number`-th turn of an incarnation begins; the first is 1.
    public static func turn(_ number: Int) -> FaultMoment { FaultMoment(kind: .turn(number)) }

    /// When its code reaches ``Mangrove/faultPoint(_:)`` with that name.
    public static func point(_ name: String) -> FaultMoment { FaultMoment(kind: .point(name)) }

    /// The moment in words.
    public var description: String {
        switch kind {
        case .start: "start"
        case .anyTurn: "turn"
        case .turn(let number): "turn \(number)"
        case .point(let name): "point \(name)"
        }
    }
}

/// A process that a fault may hit.
public struct FaultCandidate: Sendable {
    /// Its identity.
    public let id: ProcessID
    /// Its name, if it has one.
    public let name: ProcessName?
    /// Whether it is a supervisor.
    public let isSupervisor: Bool
    private let lastID: String
    private let makePath: @Sendable () -> String

    init(
        lastID: String,
        id: ProcessID,
        name: ProcessName?,
        isSupervisor: Bool,
        path: @escaping @Sendable () -> String
    ) {
        self.lastID = lastID
        self.id = id
        self.name = name
        self.isSupervisor = isSupervisor
        makePath = path
    }

    /// Where it stands in the tree, below the name of its node if it has one: `a:shop/stock`.
    public var path: String { makePath() }

    /// Paths are long and asked about at every turn: most are told apart by their ends.
    func stands(at path: String) -> Bool { path.hasSuffix(lastID) && path == self.path }
}

/// Whom a ``Fault`` may hit. A string is the path of one child: `"shop/stock"`.
public struct FaultTarget: Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The target in words.
    public let description: String
    let matches: @Sendable (FaultCandidate) -> Bool

    /// The child at a path.
    public init(stringLiteral path: String) { self = .path(path) }

    private init(_ description: String, _ matches: @escaping @Sendable (FaultCandidate) -> Bool) {
        self.description = description
        self.matches = matches
    }

    /// The child at a path.
    public static func path(_ path: String) -> FaultTarget { FaultTarget(path) { $0.stands(at: path) } }

    /// Every process that is no supervisor.
    public static let workers = FaultTarget("any worker") { !$0.isSupervisor }

    /// Every process, supervisors included.
    public static let anyone = FaultTarget("anyone") { _ in true }

    /// Those for which `condition` is true.
    public static func `where`(_ condition: @escaping @Sendable (FaultCandidate) -> Bool) -> FaultTarget {
        FaultTarget("those of a condition", condition)
    }
}

/// What an injected crash throws.
public struct InjectedFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// When it happened, and to whom: `turn 3 of shop/stock`.
    public let place: String

    /// Makes one.
    public init(_ place: String) { self.place = place }

    /// The fault in words: `injected at turn 3 of shop/stock`.
    public var description: String { "injected at \(place)" }
}

/// There was nobody for a fault to hit.
public struct NobodyToHit: Error, Sendable, CustomStringConvertible {
    /// Whom it was for.
    public let target: String
    /// Who was there.
    public let tree: String

    /// What is wrong, and who is there.
    public var description: String { "no process to hit: \(target)\n\(tree)" }
}
