import Mangrove

/// Spreads the news of commits within one store.
///
/// What it says is only that there is something to read, up to a position; the events themselves are in the log. A
/// subscriber that misses a notice therefore loses nothing once it gets the next.
actor StorePubSub: ProcessActor {
    private var subscribers: [ProcessID: @Sendable (Int) -> Void] = [:]
    private var committed = -1

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
        for notify in subscribers.values { notify(committed) }
    }
}
