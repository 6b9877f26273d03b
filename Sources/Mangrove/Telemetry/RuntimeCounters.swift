internal import Synchronization

/// What a runtime counts as it happens: only what no one keeps anyway, and only off the paths of calls and casts.
final class RuntimeCounters: Sendable {
    /// The kinds of exit reasons that are told apart.
    enum Ending: String, CaseIterable {
        case normal, shutdown, crash, killed, program
        case noProcess = "no_process"

        init(_ reason: ExitReason) {
            switch reason {
            case .normal: self = .normal
            case .shutdown, .shutdownBecause: self = .shutdown
            case .crash: self = .crash
            case .killed: self = .killed
            case .noProcess: self = .noProcess
            case .program: self = .program
            }
        }
    }

    /// A number that only grows.
    struct Counter: ~Copyable, Sendable {
        private let number = Atomic<UInt64>(0)

        func add(_ amount: UInt64 = 1) { number.wrappingAdd(amount, ordering: .relaxed) }

        var value: UInt64 { number.load(ordering: .relaxed) }
    }

    let startsFailed = Counter()
    let gaveUp = Counter()
    let zombies = Counter()
    let timeouts = Counter()
    let lateReplies = Counter()
    let deadlocks = Counter()
    let overruns = Counter()
    let slowTurns = Counter()
    let poolStuck = Counter()
    private let normal = Counter()
    private let shutdown = Counter()
    private let crash = Counter()
    private let killed = Counter()
    private let program = Counter()
    private let noProcess = Counter()
    private let overflowFail = Counter()
    private let overflowNewest = Counter()
    private let overflowOldest = Counter()
    private let overflowSuspend = Counter()
    private let restartsBySupervisor = Lock(BoundedCounts(limit: 1_000))

    /// Counts the end of a process that had started.
    func ended(_ reason: ExitReason) {
        switch Ending(reason) {
        case .normal: normal.add()
        case .shutdown: shutdown.add()
        case .crash: crash.add()
        case .killed: killed.add()
        case .program: program.add()
        case .noProcess: noProcess.add()
        }
    }

    /// Processes that ended so.
    func ended(_ ending: Ending) -> UInt64 {
        switch ending {
        case .normal: normal.value
        case .shutdown: shutdown.value
        case .crash: crash.value
        case .killed: killed.value
        case .program: program.value
        case .noProcess: noProcess.value
        }
    }

    /// Counts a message that found no room.
    func overflowed(_ policy: MailboxOverflow) {
        switch policy {
        case .fail: overflowFail.add()
        case .dropNewest: overflowNewest.add()
        case .dropOldest: overflowOldest.add()
        case .suspend: overflowSuspend.add()
        }
    }

    /// Messages that found no room under a policy.
    func overflows(_ policy: MailboxOverflow) -> UInt64 {
        switch policy {
        case .fail: overflowFail.value
        case .dropNewest: overflowNewest.value
        case .dropOldest: overflowOldest.value
        case .suspend: overflowSuspend.value
        }
    }

    /// Counts a restart under a supervisor.
    func restarted(under supervisor: String) {
        restartsBySupervisor.withLock { $0.add(supervisor) }
    }

    /// Restarts by supervisor, sorted by its label.
    var restarts: [(label: String, count: UInt64)] {
        restartsBySupervisor.withLock { $0.sorted }
    }
}

/// Counts by label, of which there are at most so many: the rest count together.
struct BoundedCounts: Sendable {
    /// The label of those that are too many.
    static let others = "(others)"

    private let limit: Int
    private var counts: [String: UInt64] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    mutating func add(_ label: String) {
        if let index = counts.index(forKey: label) {
            counts.values[index] += 1
        } else {
            counts[counts.count < limit ? label : Self.others, default: 0] += 1
        }
    }

    var sorted: [(label: String, count: UInt64)] {
        counts.sorted { $0.key < $1.key }.map { (label: $0.key, count: $0.value) }
    }
}

extension ProcessCell {
    /// What a supervisor is called among labels: its path, but below a dynamic supervisor that one's path and `/*`, as what
    /// stands there comes and goes without bound.
    var metricLabel: String {
        var label = self
        var isBelow = false
        var next = parent
        while let cell = next {
            if cell.hooks.actorType == DynamicSupervisorProcess.self { (label, isBelow) = (cell, true) }
            next = cell.parent
        }
        return isBelow ? label.path + "/*" : label.path
    }
}
