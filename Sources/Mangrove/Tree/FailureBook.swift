/// How the children of supervisors have failed of late: the last few failures at each of the paths that failed last.
///
/// A path that fails again and again pushes out its own failures, never those of another.
struct FailureBook: Sendable {
    /// What went wrong with a child.
    enum Cause: Sendable {
        case ended(ExitReason)
        case startFailed(any Error)
        case stoppedBadly(ExitReason)
    }

    struct Failure: Sendable {
        var microseconds: Int64
        var cause: Cause
    }

    private struct Place: Hashable {
        var supervisor: String
        var child: ChildID
    }

    private struct Page {
        var failures = RingQueue<Failure>()
        /// How many failures there had been anywhere when it last failed.
        var lastTouched = 0

        mutating func add(_ failure: Failure, _ count: Int) {
            lastTouched = count
            failures.append(failure)
            if failures.count > FailureBook.failuresKept { _ = failures.popFirst() }
        }
    }

    /// How many failures of one path are kept.
    static let failuresKept = 5
    /// How many paths are kept.
    static let pathsKept = 256

    private var pages: [Place: Page] = [:]
    private var count = 0

    mutating func add(_ supervisor: String, _ child: ChildID, _ cause: Cause, at microseconds: Int64) {
        count += 1
        let place = Place(supervisor: supervisor, child: child)
        let failure = Failure(microseconds: microseconds, cause: cause)
        if let index = pages.index(forKey: place) { return pages.values[index].add(failure, count) }
        if pages.count == Self.pathsKept,
            let oldest = pages.min(by: { $0.value.lastTouched < $1.value.lastTouched })?.key
        {
            pages[oldest] = nil
        }
        pages[place, default: Page()].add(failure, count)
    }

    /// The failures of a child, oldest first.
    func failures(of child: ChildID, under supervisor: String) -> [Failure] {
        guard !pages.isEmpty, var left = pages[Place(supervisor: supervisor, child: child)]?.failures else { return [] }
        var failures: [Failure] = []
        while let failure = left.popFirst() { failures.append(failure) }
        return failures
    }
}

extension FailureBook.Failure {
    /// The failure in the words of `redaction`.
    func shown(by redaction: ErrorRedaction) -> ProcessTree.Failure {
        let what =
            switch cause {
            case .ended(let reason): reason.text(by: redaction)
            case .startFailed(let error): "its start failed: " + redaction.text(of: error)
            case .stoppedBadly(let reason): "did not stop well: " + reason.text(by: redaction)
            }
        return ProcessTree.Failure(microseconds: microseconds, what: what)
    }
}
