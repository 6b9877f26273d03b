extension ProcessReference where Target == DynamicSupervisorProcess {
    /// Does `work` for each of `inputs`, each in a task of this supervisor, with no more of them at once than allowed. Source:
    /// `Task.Supervisor.async_stream_nolink/4`.
    ///
    /// Nothing starts before the first result is asked for, and inputs are taken as there is room: no more than
    /// `maxConcurrency` are under way or waiting to be handed out. An item that fails has an error for its result; the
    /// others are not affected. When the iterator is dropped, its task cancelled, or an error thrown, what is under way is
    /// killed and no more inputs are taken.
    ///
    /// ```swift
    /// for try await item in try jobs.map(files, maxConcurrency: 4, { try parse($0) }) { print(item.input, item.result) }
    /// ```
    /// - Parameters:
    ///   - inputs: what to work on; taken lazily.
    ///   - maxConcurrency: how many at once, at least 1. The default is the same on every machine, so that runs can be
    ///     replayed anywhere.
    ///   - ordered: whether results come in the order of the inputs, or as they are ready.
    ///   - limit: how long each may take; nil for as long as it takes.
    ///   - late: what happens when one takes longer.
    ///   - work: what to do with one input.
    /// - Returns: the results. Iterating throws ``TaskError/timedOut(_:)`` if so chosen; ``SupervisorError/maxChildren(_:)``
    ///   and whatever else keeps the supervisor from starting a task; `CancellationError`.
    /// - Throws: ``TaskError/concurrency(_:)``.
    public func map<Inputs: Sequence, Output: Sendable>(
        _ inputs: Inputs,
        maxConcurrency: Int = 8,
        ordered: Bool = true,
        timeout limit: Duration? = .seconds(5),
        late: LateItem = .fail,
        _ work: @escaping @Sendable (Inputs.Element) async throws -> Output
    ) throws(TaskError) -> TaskStream<Inputs, Output> where Inputs.Element: Sendable {
        guard maxConcurrency > 0 else { throw .concurrency(maxConcurrency) }
        let start: @Sendable (Inputs.Element) async throws -> SupervisedTask<Output> = { input in
            try await asyncNoLink { _ in try await work(input) }
        }
        return TaskStream(
            inputs: inputs,
            plan: TaskStreamPlan(width: maxConcurrency, ordered: ordered, limit: limit, late: late, start: start)
        )
    }
}

/// What happens when an item of a ``TaskStream`` takes too long.
public enum LateItem: Sendable, Hashable {
    /// The iteration throws ``TaskError/timedOut(_:)``, and all that is under way is killed.
    case fail
    /// The task is killed, and ``TaskError/timedOut(_:)`` is the item's result.
    case kill
}

/// The results of work done for many inputs; see ``ProcessReference/map(_:maxConcurrency:ordered:timeout:late:_:)``.
///
/// Each iteration does the work anew.
public struct TaskStream<Inputs: Sequence, Output: Sendable>: AsyncSequence where Inputs.Element: Sendable {
    /// One input with what became of it.
    public struct Element: Sendable {
        /// What was worked on.
        public var input: Inputs.Element
        /// What came of it.
        public var result: Result<Output, any Error>
    }

    let inputs: Inputs
    let plan: TaskStreamPlan<Inputs.Element, Output>

    /// Begins the work.
    public func makeAsyncIterator() -> Iterator {
        Iterator(work: TaskStreamWork(inputs: inputs.makeIterator(), plan: plan))
    }

    /// Hands out results.
    public struct Iterator: AsyncIteratorProtocol {
        let work: TaskStreamWork<Inputs.Iterator, Output>

        /// The next result, or nil when there are no more.
        public mutating func next() async throws -> Element? {
            try await work.next().map { Element(input: $0.input, result: $0.result) }
        }
    }
}

extension TaskStream: Sendable where Inputs: Sendable {}

@available(*, unavailable)
extension TaskStream.Iterator: Sendable {}

/// How the items of a stream are worked on.
struct TaskStreamPlan<Input: Sendable, Output: Sendable>: Sendable {
    let width: Int
    let ordered: Bool
    let limit: Duration?
    let late: LateItem
    let start: @Sendable (Input) async throws -> SupervisedTask<Output>
}
