/// One iteration of a ``TaskStream``: what is under way, and what has ended but was not handed out yet.
final class TaskStreamWork<Inputs: IteratorProtocol, Output: Sendable> where Inputs.Element: Sendable {
    private struct Item {
        let input: Inputs.Element
        let task: SupervisedTask<Output>
        let timer: (any RuntimeTimer)?
    }

    private var inputs: Inputs?
    private let plan: TaskStreamPlan<Inputs.Element, Output>
    private let ended = EndedItems()
    private var items: [Int: Item] = [:]
    private var begun = 0
    private var delivered = 0

    init(inputs: Inputs, plan: TaskStreamPlan<Inputs.Element, Output>) {
        self.inputs = inputs
        self.plan = plan
    }

    deinit {
        stop()
    }

    func next() async throws -> (input: Inputs.Element, result: Result<Output, any Error>)? {
        do {
            try await fill()
            guard let place = try await nextPlace(), let item = items.removeValue(forKey: place) else { return nil }
            item.timer?.cancel()
            delivered += 1
            return item.task.outcome.result.map { (item.input, $0) }
        } catch {
            stop()
            throw error
        }
    }

    /// Starts as many as there is room for.
    private func fill() async throws {
        while items.count < plan.width, let input = inputs?.next() {
            try Task.checkCancellation()
            let task = try await plan.start(input)
            let place = begun
            begun += 1
            let ended = ended
            let timer = plan.limit.map { limit in
                task.cell.runtime.clock.schedule(after: limit) {
                    guard task.outcome.result == nil else { return }
                    // Noted first: whoever finds the result finds the note as well.
                    ended.noteLate(limit)
                    task.outcome.finish(.failure(TaskError.timedOut(limit)))
                    task.cell.kill()
                }
            }
            items[place] = Item(input: input, task: task, timer: timer)
            let ordered = plan.ordered
            _ = task.outcome.observe { ordered ? ended.signal.ring() : ended.add(place) }
        }
        if items.count < plan.width { inputs = nil }
    }

    /// Waits for the item that is to be handed out next.
    private func nextPlace() async throws -> Int? {
        guard !items.isEmpty else { return nil }
        let notes = try TaskWait.notes(of: items.values.map(\.task.cell))
        defer { for note in notes { note.end() } }
        while true {
            let place = plan.ordered ? delivered : ended.takeFirst()
            let ready = place.flatMap { items[$0]?.task.outcome.result == nil ? nil : $0 }
            if plan.late == .fail, let limit = ended.late { throw TaskError.timedOut(limit) }
            if let ready { return ready }
            try Task.checkCancellation()
            await ended.signal.wait()
        }
    }

    /// Kills what is under way and takes no more inputs.
    private func stop() {
        inputs = nil
        for (_, item) in items.sorted(by: { $0.key < $1.key }) {
            item.timer?.cancel()
            item.task.cell.kill()
        }
        items = [:]
    }
}

/// The items that have ended, in the order in which they did.
private final class EndedItems: Sendable {
    private struct State: Sendable {
        var places = RingQueue<Int>()
        var late: Duration?
    }

    private let state = Lock(State())
    let signal = AsyncSignal()

    /// The limit that one of them has exceeded.
    var late: Duration? { state.withLock { $0.late } }

    func add(_ place: Int) {
        state.withLock { $0.places.append(place) }
        signal.ring()
    }

    func noteLate(_ limit: Duration) {
        state.withLock { $0.late = limit }
        signal.ring()
    }

    func takeFirst() -> Int? {
        state.withLock { $0.places.popFirst() }
    }
}
