import MangroveTesting

/// What happens to a supervisor, in terms of neither the machine nor the model that judges it.
struct SupervisorHistory: Sendable {
    enum Kind: Int, CaseIterable { case permanent, transient, temporary }
    enum Group: Int, CaseIterable { case one, all, rest }
    enum Ending: Int, CaseIterable {
        case normal, shutdown, shutdownBecause, crash, killed
        var clean: Bool { rawValue < 3 }
    }
    enum Auto: Int, CaseIterable { case never, any, all }
    enum Start { case works, fails, ignores }
    struct Member {
        var name: Int
        var kind: Kind
        var significant: Bool
        /// How long it waits before a restart, in milliseconds: at first, at most, and how long it must stay up for the next
        /// wait to be the first again. Each wait is twice as long as the one before.
        var waits: (first: Int, longest: Int, stable: Int)?
        /// How many restarts of it alone are too many, and whether the supervisor gives up then.
        var budget: (limit: Int, period: Int, givesUp: Bool)?
        /// Whether its code runs on when it is killed, which holds its next start until that code returns.
        var stubborn = false
    }
    struct Limit {
        var count: Int
        var period: Int
        var wholeSeconds: Bool
    }
    enum Step {
        /// These end, in this order, before the supervisor looks.
        case end([(name: Int, how: Ending)])
        case wait(milliseconds: Int)
        case terminate(Int)
        case restart(Int)
        case delete(Int)
        case add(Member)
        /// One attempt that the supervisor left for later comes up.
        case later
        case stop
        /// The code of one that was killed returns.
        case release(Int)
        /// New rules for the running supervisor; what is nil stays.
        case change(Group?, Limit?, Auto?, [Member])
    }

    var group: Group
    var auto: Auto
    var limit: Int
    var period: Int
    var wholeSeconds: Bool
    var members: [Member]
    var steps: [Step]
    /// What the starts do, in order, over and over.
    var starts: [Start]

    /// A history that follows from a seed.
    /// - Parameter beyond: whether children wait, have budgets and hold their starts, and rules change on the way.
    static func random(seed: UInt64, beyond: Bool = false) -> SupervisorHistory {
        var generator = SeededGenerator(seed: seed)
        func pick<T>(_ all: [T]) -> T { all[Int(generator.next() % UInt64(all.count))] }
        let auto = pick([Auto.never, .never, .any, .all])
        func member(_ name: Int) -> Member {
            let kind = pick(Kind.allCases)
            var member = Member(
                name: name,
                kind: kind,
                significant: auto != .never && kind != .permanent && pick([true, false])
            )
            guard beyond else { return member }
            if pick([true, false]) {
                member.waits = (pick([1, 300, 1_000]), pick([1_000, 1_001, 3_000]), pick([500, 1_000, 5_000]))
            }
            if pick([true, false, false]) {
                member.budget = (pick([0, 1, 2, 3]), pick([1_000, 5_000]), pick([true, false, false]))
            }
            member.stubborn = pick([true, false, false])
            return member
        }
        let members = (0..<(beyond ? pick([1, 2, 3, 4]) : pick([0, 1, 2, 3, 4, 5]))).map(member)
        let steps = (0..<pick(beyond ? [10, 25, 50] : [3, 10, 25])).map { _ -> Step in
            let name = beyond ? pick([0, 1, 2, 3]) : pick([0, 1, 2, 3, 4, 5, 6])
            if beyond, pick([true, false, false]) {
                switch pick([0, 1, 2, 3]) {
                case 0: return .release(name)
                case 1: return .wait(milliseconds: pick([1, 300, 999, 1_000, 1_001, 2_000, 5_000]))
                case 2: return .restart(name)
                default:
                    return .change(
                        pick([nil, nil] + Group.allCases),
                        pick([
                            nil, nil,
                            Limit(
                                count: pick([0, 1, 2, 5, 9]),
                                period: pick([1_000, 5_000]),
                                wholeSeconds: pick([true, false])
                            ),
                        ]),
                        pick([nil, nil, nil] + Auto.allCases),
                        pick([[], [member(name)], [member(name), member((name + 1) % 4)]])
                    )
                }
            }
            switch pick(Array(0..<20)) {
            case 0..<8: return .end([(name, pick(Ending.allCases))])
            case 8: return .end((0..<4).map { (($0 + name) % 5, pick(Ending.allCases)) })
            case 9, 10: return .wait(milliseconds: pick([1, 300, 999, 1_000, 1_001, 5_000]))
            case 11, 12: return .terminate(name)
            case 13: return .restart(name)
            case 14: return .delete(name)
            case 15: return .add(member(name))
            case 16, 17, 18: return .later
            default: return pick([.stop, .later, .later, .wait(milliseconds: 2_000)])
            }
        }
        return SupervisorHistory(
            group: pick(Group.allCases),
            auto: auto,
            limit: pick([0, 1, 2, 3, 5, beyond ? 30 : 1_000]),
            period: pick([1_000, 5_000]),
            wholeSeconds: pick([true, false]),
            members: members,
            steps: steps,
            // Most supervisors come up; what comes after is more interesting.
            starts: (0..<pick([0, 5, 5, 5, 5, 5])).map { _ in Start.works }
                + (0..<40).map { _ in pick([Start.works, .works, .works, .works, .fails, .ignores]) }
        )
    }
}
