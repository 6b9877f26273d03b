import Mangrove
import MangroveTesting

/// What the processes of the soak's tree may do, told from what happens to them and nothing else.
struct TreeModel {
    /// How often a supervisor may restart what is below it, and whether each child on its own.
    struct Rule {
        var restarts: Int
        var seconds: Int
        var isOneForOne = false
    }

    private struct Incarnation {
        var id: ProcessID
        var isUp = false
    }

    /// One supervisor's children, in the order in which they were first started, and the restarts there were.
    private struct Family {
        var order: [String: Int] = [:]
        var isUp = false
        /// When each child ended last.
        var ends: [String: Duration] = [:]
        var last = -1
        /// The time of what led to each restart, at the latest.
        var causes: [Duration] = []
    }

    /// By the last part of a path; the intensities are those that the guide on supervision gives for a store.
    private static let rules: [String: Rule] = [
        "node": Rule(restarts: 3, seconds: 5),
        "soak": Rule(restarts: 3, seconds: 5, isOneForOne: true),
        "east": Rule(restarts: 3, seconds: 5),
        "west": Rule(restarts: 3, seconds: 5),
        "core": Rule(restarts: 3, seconds: 60),
        "storage": Rule(restarts: 0, seconds: 5),
        "persistence": Rule(restarts: 10, seconds: 60, isOneForOne: true),
        "notification": Rule(restarts: 5, seconds: 30),
        "leader": Rule(restarts: 3, seconds: 5),
        "gateway": Rule(restarts: 15, seconds: 60, isOneForOne: true),
    ]

    private var present: [String: Incarnation] = [:]
    private var families: [ProcessID: Family] = [:]
    private(set) var dead: Set<ProcessID> = []
    private(set) var restarts = 0

    /// Whom a lookup must not lead to any more.
    func isDead(_ process: ProcessID) -> Bool { dead.contains(process) }

    /// Takes one event up.
    /// - Returns: what is wrong with it, or nil.
    mutating func take(_ event: SimulationEvent) -> String? {
        switch event.kind {
        case .starts:
            return begin(event) ?? restart(event)
        case .started:
            if present[event.path]?.id != event.process {
                if let problem = begin(event) { return problem }
            }
            present[event.path]?.isUp = true
            families[event.process]?.isUp = true
        case .ended:
            dead.insert(event.process)
            if present[event.path]?.id == event.process { present[event.path] = nil }
            families[event.process] = nil
            if let parent = parent(of: event.path) {
                families[parent.id]?.ends[event.path] = event.time
            }
        case .turn, .point, .fault: break
        }
        return nil
    }

    /// At most one process at a place, which makes for one writer of a stream and one engine of a store; subscriptions
    /// may be several of the same.
    private mutating func begin(_ event: SimulationEvent) -> String? {
        if let other = present[event.path], !event.path.contains("/emitters/") {
            return "\(event.path) \(event.process) starts while \(other.id) lives"
        }
        present[event.path] = Incarnation(id: event.process)
        families[event.process] = Family()
        return nil
    }

    /// Counts the restarts of a supervisor, and looks whether it may make this one.
    ///
    /// A restart is a pass over the children from the failing one on, or from the first. The time of its cause is at
    /// the latest when the first of those children ended, so that a window is never taken for shorter than it was.
    private mutating func restart(_ event: SimulationEvent) -> String? {
        guard let parent = parent(of: event.path), var family = families[parent.id] else { return nil }
        defer { families[parent.id] = family }
        guard let index = family.order[event.path] else {
            family.order[event.path] = family.order.count
            family.last = family.order.count - 1
            return nil
        }
        let name = String(parent.path.split(separator: "/").last?.split(separator: ":").last ?? "")
        guard family.isUp, let rule = Self.rules[name] else { return nil }
        let isNewPass = rule.isOneForOne || index <= family.last
        family.last = index
        guard isNewPass else { return nil }
        restarts += 1
        let ends = family.ends.filter { path, _ in
            rule.isOneForOne ? path == event.path : family.order[path] ?? 0 >= index
        }
        family.causes.append(ends.values.min() ?? event.time)
        guard family.causes.count > rule.restarts else { return nil }
        let first = family.causes[family.causes.count - rule.restarts - 1]
        guard first + .seconds(rule.seconds) >= event.time else { return nil }
        return "\(parent.path) makes restart \(rule.restarts + 1) within \(rule.seconds) seconds"
    }

    private func parent(of path: String) -> (path: String, id: ProcessID)? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        let parent = String(path[..<slash])
        return present[parent].map { (parent, $0.id) }
    }
}
