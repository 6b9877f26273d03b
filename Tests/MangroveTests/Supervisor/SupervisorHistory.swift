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
    static func random(seed: UInt64) -> SupervisorHistory {
        var generator = SeededGenerator(seed: seed)
        func pick<T>(_ all: [T]) -> T { all[Int(generator.next() % UInt64(all.count))] }
        let auto = pick([Auto.never, .never, .any, .all])
        func member(_ name: Int) -> Member {
            let kind = pick(Kind.allCases)
            return Member(
                name: name,
                kind: kind,
                significant: auto != .never && kind != .permanent && pick([true, false])
            )
        }
        let members = (0..<pick([0, 1, 2, 3, 4, 5])).map(member)
        let steps = (0..<pick([3, 10, 25])).map { _ -> Step in
            let name = pick([0, 1, 2, 3, 4, 5, 6])
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
            limit: pick([0, 1, 2, 3, 5, 1_000]),
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
