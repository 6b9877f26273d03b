import Mangrove

/// Spreads the news of commits within one store.
///
/// What it says is only that there is something to read, up to a position; the events themselves are in the log. A
/// subscriber that misses a notice therefore loses nothing once it gets the next. Many subscribers are told a few at a time,
/// round after round: appends go on between them, and what was committed meanwhile reaches the rest of the round with it.
actor StorePubSub: ProcessActor, LongRunning {
    /// How many are told before others have their turn. Each of them wakes its emitter, and that its subscriber: with more,
    /// an append would stand in line behind all of these at every step of its way.
    private static let atOnce = 1

    private var subscribers: [ProcessID: @Sendable (Int) -> Void] = [:]
    private var committed = -1
    private let news = AsyncSignal()

    /// Has `notify` called with the last committed position, now if one is known and at every commit.
    func subscribe(_ process: ProcessID, _ notify: @escaping @Sendable (Int) -> Void) {
        subscribers[process] = notify
        if committed >= 0 { notify(committed) }
    }

    func unsubscribe(_ process: ProcessID) {
        subscribers[process] = nil
    }

    func publish(committed position: Int) {
        committed = max(committed, position)
        guard subscribers.count > Self.atOnce else {
            for process in inOrder { subscribers[process]?(committed) }
            return
        }
        news.ring()
    }

    /// The subscribers in the order in which they were started, which is the same in every run.
    private var inOrder: [ProcessID] {
        subscribers.keys.sorted { $0.serial < $1.serial }
    }

    func run() async throws {
        while !Task.isCancelled {
            await news.wait()
            var told = 0
            for process in inOrder {
                subscribers[process]?(committed)
                told += 1
                if told.isMultiple(of: Self.atOnce) { await Task.yield() }
                if Task.isCancelled { return }
            }
        }
    }
}
