internal import Mangrove
internal import Testing

/// How a run is done again.
enum Replay {
    /// The command that runs the current test with one seed and nothing else.
    static func command(seed: UInt64) -> String {
        let filter = Test.current.map { test in " --filter '^\(pattern(of: test))'" } ?? ""
        return "MANGROVE_SEED=\(seed) swift test\(filter)"
    }

    /// A regular expression for the test's name: the module, the suites and the function.
    private static func pattern(of test: Test) -> String {
        // An identity ends with the place of the test in its file, which a filter does not look at.
        let parts = "\(test.id)".split(separator: "/")
        let name = parts.prefix { !$0.hasSuffix(")") } + parts.filter { $0.hasSuffix(")") }.prefix(1)
        return name.joined(separator: "/").map { "().*+?[]{}|^$\\`".contains($0) ? "\\\($0)" : "\($0)" }.joined()
    }
}

/// The seeds that a test has used, for whoever tells how to run it again.
final class UsedSeeds: Sendable {
    @TaskLocal static var current: UsedSeeds?

    private let seeds = Lock<[UInt64]>([])

    func add(_ seed: UInt64) { seeds.withLock { $0.append(seed) } }

    var last: UInt64? { seeds.withLock { $0.last } }
}
