internal import Mangrove

/// What must hold at every moment of a run.
extension Simulation {
    /// Checks something after every step of the run, and whenever time has passed, for as long as the simulation lives.
    ///
    /// The check runs between the steps, in the thread of the simulation: it may look at anything, and waits for
    /// nothing. It is called millions of times, so it should look only at what is new: ``events(after:)``.
    ///
    /// ```swift
    /// simulation.invariant("at most one cashier") { cashiers.count <= 1 ? nil : "there are \(cashiers.count)" }
    /// ```
    /// - Parameters:
    ///   - name: what must hold, in words.
    ///   - check: what is wrong, or nil. The run ends with
    ///     ``SimulationError/violated(invariant:what:step:seed:replay:)`` then.
    public func invariant(_ name: String, _ check: @escaping @Sendable () -> String?) {
        invariants.withLock { $0.append(Invariant(name: name, check: check)) }
    }

    /// Checks that no task that the simulation started waits for ever; to be asked when its run is over and nothing is
    /// to come.
    ///
    /// The simulation must have been made with `keepsTasks`. What is to come is let come first, but for timers.
    /// - Throws: ``ExpectationFailed`` with the steps at which such tasks were started.
    public func expectNoTaskWaits() throws {
        settle()
        let waiting = Lock<Set<Int>>([])
        for (number, entry) in (ledger?.takeAll() ?? []).enumerated() {
            waiting.withLock { _ = $0.insert(number << 32 | entry.step) }
            tasks.spawnUncounted {
                await entry.task.value
                waiting.withLock { _ = $0.remove(number << 32 | entry.step) }
            }
        }
        settle()
        let steps = waiting.withLock { $0 }.map { $0 & 0xFFFF_FFFF }.sorted()
        if !steps.isEmpty {
            throw ExpectationFailed(
                "\(steps.count) tasks wait for ever, started at steps \(steps.prefix(10))\nreplay: \(replay)"
            )
        }
    }

    func checkInvariants() throws(SimulationError) {
        for invariant in invariants.withLock({ $0 }) {
            if let what = invariant.check() {
                throw .violated(invariant: invariant.name, what: what, step: steps, seed: seed, replay: replay)
            }
        }
    }
}

/// Something that must hold.
struct Invariant: Sendable {
    let name: String
    let check: @Sendable () -> String?
}
