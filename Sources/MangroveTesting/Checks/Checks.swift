internal import Mangrove
internal import Synchronization

/// Watches for what a simulation cannot replay, and for what goes around mailboxes.
final class Checks: Sendable {
    private struct State {
        var escape: String?
        #if DEBUG || MANGROVE_FAULTS
            /// Processes that have started and whose actor has not been looked at.
            var fresh: [(place: ProcessPlace, looks: Int)] = []
        #endif
    }

    private let state = Lock(State())
    /// The thread that drives the simulation; 0 while none does.
    private let driver = Atomic<UInt>(0)
    private let hasEscape = Atomic(false)

    /// Has the calling thread drive the simulation while `body` runs.
    func driving<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = driver.exchange(CurrentThread.id, ordering: .relaxed)
        defer { driver.store(before, ordering: .relaxed) }
        return try body()
    }

    /// Something of the simulation is used: only the thread that drives it may do that while it runs.
    func touched(_ what: () -> String) {
        let driver = driver.load(ordering: .relaxed)
        guard driver != 0, driver != CurrentThread.id else { return }
        state.withLock { state in
            if state.escape == nil { state.escape = what() }
        }
        hasEscape.store(true, ordering: .releasing)
    }

    /// What a thread of somebody else's did first, if any did anything.
    var escape: String? {
        guard hasEscape.load(ordering: .acquiring) else { return nil }
        return state.withLock { $0.escape }
    }

    #if DEBUG || MANGROVE_FAULTS
        func started(_ place: ProcessPlace) {
            // The framework's own actors are held by the framework's own objects.
            guard !String(reflecting: place.actorType).hasPrefix("Mangrove.") else { return }
            state.withLock { $0.fresh.append((place, 0)) }
        }

        /// Looks at the processes that have started lately; when nothing can go on.
        /// - Returns: the first whose actor is held by something that is not its process.
        func heldOutside() -> String? {
            let fresh = state.withLock { state in
                defer { state.fresh = [] }
                return state.fresh
            }
            for (place, looks) in fresh {
                switch place.cell.isHeldOutside {
                case true?: return "\(place.path) \(place.id)"
                case false?: break
                // Somebody is inside: perhaps next time. Those with work of their own are never without.
                case nil: if looks < 8 { state.withLock { $0.fresh.append((place, looks + 1)) } }
                }
            }
            return nil
        }
    #else
        func heldOutside() -> String? { nil }
    #endif
}
