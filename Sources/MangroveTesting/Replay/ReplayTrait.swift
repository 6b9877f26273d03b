public import Testing

/// Has every issue of a test say which seed it came up with, and by which command exactly that run is made again.
///
/// ```swift
/// @Test(.replayable, arguments: Seeds(200)) func survives(seed: UInt64) throws {
///     try Simulation(seed: seed).run { simulation in … }
/// }
/// ```
///
/// An expectation that fails then reads `replay: MANGROVE_SEED=17 swift test --filter '^Shop.OrderTests/survives\(seed:\)$'`. With that
/// variable set, ``Seeds`` are that one alone, and a ``Simulation`` of that seed prints its trace to standard error when its run ends.
public struct ReplayTrait: TestTrait, SuiteTrait, TestScoping {
    /// Yes: a suite's tests all have it.
    public var isRecursive: Bool { true }

    /// Runs the test and adds to its issues.
    @concurrent
    public func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        // Called for a suite too, whose tests have scopes of their own.
        guard testCase != nil else { return try await function() }
        let seeds = UsedSeeds()
        let note = IssueHandlingTrait.compactMapIssues { issue in
            guard let seed = seeds.last else { return issue }
            var issue = issue
            issue.comments.append("replay: \(Replay.command(seed: seed))")
            return issue
        }
        try await UsedSeeds.$current.withValue(seeds) {
            try await note.provideScope(for: test, testCase: testCase) {
                do {
                    try await function()
                } catch let error as ExpectationFailedError {
                    throw error
                } catch {
                    // Here rather than where the test library does it, which is outside of what adds to issues.
                    Issue.record(error)
                }
            }
        }
    }
}

extension Trait where Self == ReplayTrait {
    /// Has every issue of the test say how exactly that run is made again; see ``ReplayTrait``.
    public static var replayable: Self { ReplayTrait() }
}
