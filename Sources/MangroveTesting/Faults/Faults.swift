internal import Mangrove

/// What goes wrong in a simulation, and what did.
///
/// A fault is given with the moment at which it happens and whom it hits. Where chance is asked for, it is the simulation's: equal
/// seeds give equal faults.
///
/// ```swift
/// simulation.faults.inject(.crash, at: .turn(3), of: "shop/stock")
/// simulation.faults.inject(.hang, at: .point("store.beforeFlush"), of: "shop/store")
/// simulation.faults.inject(.slow(.seconds(2)), at: .anyTurn, of: .workers, chance: 0.01, times: nil)
/// simulation.faults.failStart(of: "shop/stock", times: 2)
/// ```
///
/// Turns of a process that a fault may hit all run in the process's own task, and not in their callers'.
public final class Faults: Sendable {
    /// A fault that has happened.
    public struct Occurrence: Sendable, CustomStringConvertible {
        /// What went wrong.
        public let fault: String
        /// When, in the life of the process.
        public let moment: String
        /// To whom.
        public let path: String

        /// The occurrence in words.
        public var description: String { "\(fault) at \(moment) of \(path)" }
    }

    fileprivate struct Rule {
        let number: Int
        let fault: Fault
        let moment: FaultMoment
        let target: FaultTarget
        let chance: Double
        var skipped: Int
        var left: Int?
        var happened = 0

        var isOver: Bool { left == 0 }
        var description: String { "\(fault) at \(moment) of \(target)" }
    }

    struct State {
        fileprivate var rules: [Rule] = []
        var occurrences: [Occurrence] = []
        var reached: [String: Int] = [:]
        var generator: SeededGenerator
        /// Whether any rule is not over: asked at every turn.
        var isAiming = false
        #if DEBUG || MANGROVE_FAULTS
            var brokenVariant: BrokenVariant?
        #endif
    }

    let state: Lock<State>

    init(seed: UInt64) {
        state = Lock(State(generator: SeededGenerator(seed: seed ^ 0xFA17_FA17_FA17_FA17)))
    }

    /// Has `fault` happen.
    /// - Parameters:
    ///   - fault: what goes wrong.
    ///   - moment: when, in the life of a process.
    ///   - target: whom it may hit.
    ///   - chance: how likely it is at each such moment, from 0 to 1; the seed decides.
    ///   - skipping: how many such moments pass first.
    ///   - times: how often it happens; nil for as often as the moment comes.
    /// - Returns: what ``revoke(_:)`` and ``count(of:)`` know it by.
    @discardableResult
    public func inject(
        _ fault: Fault,
        at moment: FaultMoment,
        of target: FaultTarget,
        chance: Double = 1,
        skipping: Int = 0,
        times: Int? = 1
    ) -> InjectionID {
        state.withLock { state in
            state.isAiming = true
            let number = state.rules.count
            state.rules.append(
                Rule(
                    number: number,
                    fault: fault,
                    moment: moment,
                    target: target,
                    chance: chance,
                    skipped: max(0, skipping),
                    left: times.map { max(0, $0) }
                )
            )
            return InjectionID(number: number)
        }
    }

    /// Has the next starts of a child fail, after which they succeed.
    /// - Parameter times: how many.
    @discardableResult
    public func failStart(of target: FaultTarget, times: Int) -> InjectionID {
        inject(.crash, at: .start, of: target, times: times)
    }

    /// Has a fault happen no more.
    public func revoke(_ id: InjectionID) {
        state.withLock { state in
            if state.rules.indices.contains(id.number) { state.rules[id.number].left = 0 }
        }
    }

    /// Has no fault happen any more; what hangs goes on hanging.
    public func revokeAll() {
        state.withLock { state in
            for index in state.rules.indices { state.rules[index].left = 0 }
            state.isAiming = false
        }
    }

    /// How often a fault has happened.
    public func count(of id: InjectionID) -> Int {
        state.withLock { $0.rules.indices.contains(id.number) ? $0.rules[id.number].happened : 0 }
    }

    /// The faults that have happened, in order.
    public var occurrences: [Occurrence] { state.withLock { $0.occurrences } }

    /// How often each named point was reached, whether or not anything happened there.
    public var reachedPoints: [String: Int] { state.withLock { $0.reached } }

    /// Checks that every fault has happened at least once: a test whose faults do not happen tests nothing.
    /// - Throws: ``ExpectationFailed`` that names those which have not.
    public func expectAllHappened() throws {
        let missing = state.withLock { state in state.rules.filter { $0.happened == 0 }.map(\.description) }
        if !missing.isEmpty { throw ExpectationFailed("never happened: \(missing.joined(separator: "; "))") }
    }

    var isEmpty: Bool { state.withLock { $0.rules.isEmpty } }

    // MARK: Deciding

    var aimsAtStarts: Bool {
        state.withLock { state in state.isAiming && state.rules.contains { !$0.isOver && $0.moment.kind == .start } }
    }

    var aimsAtTurns: Bool {
        state.withLock { state in state.isAiming && state.rules.contains { !$0.isOver && $0.moment.kind != .start } }
    }

    func aimsAtTurns(of candidate: FaultCandidate) -> Bool {
        let targets = state.withLock { state in
            state.rules.filter { !$0.isOver && $0.moment.kind != .start }.map(\.target)
        }
        return targets.contains { $0.matches(candidate) }
    }

    func noteReached(_ point: String) {
        state.withLock { $0.reached[point, default: 0] += 1 }
    }

    /// What happens to a process at a moment of its life: the first of those that may.
    func decide(_ candidate: FaultCandidate, _ isNow: (FaultMoment) -> Bool) -> Fault? {
        let rules = state.withLock { state in state.isAiming ? state.rules.filter { !$0.isOver } : [] }
        for rule in rules where isNow(rule.moment) && rule.target.matches(candidate) {
            let happens = state.withLock { state -> Bool in
                if state.rules[rule.number].skipped > 0 {
                    state.rules[rule.number].skipped -= 1
                    return false
                }
                if rule.chance < 1, Double.random(in: 0..<1, using: &state.generator) >= rule.chance { return false }
                state.rules[rule.number].happened += 1
                if let left = state.rules[rule.number].left { state.rules[rule.number].left = left - 1 }
                state.isAiming = state.rules.contains { !$0.isOver }
                return true
            }
            if happens { return rule.fault }
        }
        return nil
    }

    func note(_ fault: Fault, _ moment: String, _ path: String) {
        state.withLock { $0.occurrences.append(Occurrence(fault: fault.description, moment: moment, path: path)) }
    }

    func choose(among count: Int) -> Int {
        state.withLock { Int.random(in: 0..<count, using: &$0.generator) }
    }
}

/// One fault that was injected.
public struct InjectionID: Hashable, Sendable {
    let number: Int
}

extension Simulation {
    /// Makes the process at a path crash now, as if its code had thrown.
    /// - Parameters:
    ///   - path: the ids from the root down: `shop/stock`.
    ///   - error: what it throws; an ``InjectedFault`` unless given. An ``Mangrove/Exit`` ends it with that reason.
    /// - Throws: ``NobodyToHit`` if there is no process at the path; it shows who is there.
    public func crash(_ path: String, with error: (any Error)? = nil) throws {
        let place = place(of: path)
        let hit = place.runtime.crash(at: place.path, with: error ?? InjectedFault(path))
        if !hit { throw NobodyToHit(target: path, tree: place.runtime.tree().text) }
        faults.note(error.map { .crash(with: $0) } ?? .crash, "once", path)
    }

    /// Kills the process at a path now.
    /// - Throws: ``NobodyToHit`` if there is no process at the path.
    public func kill(_ path: String) throws {
        let place = place(of: path)
        let hit = place.runtime.crash(at: place.path, with: InjectedFault(path), kill: true)
        if !hit { throw NobodyToHit(target: path, tree: place.runtime.tree().text) }
        faults.note(.kill, "once", path)
    }

    /// Makes one of several processes crash now, or kills it: which one is the seed's choice.
    /// - Returns: the path of the one that was hit.
    /// - Throws: ``NobodyToHit`` if there is none.
    @discardableResult
    public func hitOne(of target: FaultTarget, with fault: Fault = .crash) throws -> String {
        let trees = [("", runtime)] + nodes.withLock { $0 }.map { ($0.name + ":", $0.runtime) }
        let candidates = trees.flatMap { prefix, runtime in
            runtime.tree().nodes.compactMap { node -> String? in
                guard node.state == .running, let id = node.process else { return nil }
                let isSupervisor = node.kind == .supervisor
                let path = prefix + node.path
                let candidate = FaultCandidate(
                    lastID: node.id.text,
                    id: id,
                    name: node.name,
                    isSupervisor: isSupervisor
                ) { path }
                return target.matches(candidate) ? path : nil
            }
        }
        guard !candidates.isEmpty else {
            throw NobodyToHit(target: target.description, tree: trees.map { $0.1.tree().text }.joined())
        }
        let path = candidates[faults.choose(among: candidates.count)]
        switch fault.effect {
        case .kill: try kill(path)
        case .crash(let error): try crash(path, with: error)
        case .hang, .slow, .stuck: faults.inject(fault, at: .anyTurn, of: .path(path))
        }
        return path
    }
}
