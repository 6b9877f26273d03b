import Mangrove

/// Something that a task of the runtime does beside the test, which looks at its outcome itself: an expectation in such a
/// task would belong to no test.
struct Attempt: Sendable {
    let task: Task<Void, Never>
    private let thrown: Lock<(any Error)?>

    init(in runtime: Runtime, _ body: @escaping @Sendable () async throws -> Void) {
        let thrown = Lock<(any Error)?>(nil)
        self.thrown = thrown
        task = runtime.spawn {
            do { try await body() } catch { thrown.withLock { $0 = error } }
        }
    }

    /// Waits for its end.
    /// - Throws: what it threw.
    func end() async throws {
        await task.value
        if let error = thrown.withLock({ $0 }) { throw error }
    }
}
