import Mangrove
import MangroveStore
import MangroveTesting

// Without faults there is nothing to soak in.
#if DEBUG || MANGROVE_FAULTS
    /// What one seed of the soak came to.
    struct SoakOutcome: Sendable {
        var seed: UInt64
        var steps = 0
        var acknowledged = 0
        var restarts = 0
        /// The faults that came to pass.
        var faults: [SoakFault: Int] = [:]
        /// How often each point was reached, and how often something went wrong there.
        var reached: [String: Int] = [:]
        var hit: [String: Int] = [:]
        var virtualTime = Duration.zero
        /// What was wrong, with the command that replays it; nil if nothing was.
        var problem: String?
    }

    /// Drives a machine with two stores through one seed, and holds it to its models.
    enum Soak {
        /// How many times something goes wrong, or is meant to, in a run.
        static let strikes = 5
        /// How many requests are made between two of them.
        static let requests = 30

        static func run(seed: UInt64, points: [String], broken: BrokenVariant? = nil) -> SoakOutcome {
            let simulation = Simulation(seed: seed, stepLimit: 50_000, keepsTasks: true)
            simulation.faults.brokenVariant = broken
            let world = World(simulation)
            var outcome = SoakOutcome(seed: seed)
            do {
                try simulation.run { _ in try await live(world, points) }
                // What still runs somewhere comes to its end: turns that were stuck, and the notice of it.
                try simulation.run { simulation in try await simulation.runtime.sleep(for: .seconds(40)) }
                if simulation.clock.timerCount > 0 {
                    throw ExpectationFailed("\(simulation.clock.timerCount) timers are left")
                }
                try simulation.expectNoTaskWaits()
            } catch {
                outcome.problem = "\(error)"
                if !"\(error)".contains("replay:") {
                    outcome.problem = "seed \(seed): \(error)\nreplay: \(simulation.replay)"
                }
            }
            outcome.steps = simulation.steps
            outcome.acknowledged = world.models.values.reduce(0) { $0 + $1.acknowledged }
            outcome.restarts = world.restarts
            outcome.faults = world.happened
            outcome.reached = simulation.faults.reachedPoints
            for occurrence in simulation.faults.occurrences where occurrence.moment.hasPrefix("point ") {
                outcome.hit[String(occurrence.moment.dropFirst(6)), default: 0] += 1
            }
            outcome.virtualTime = .nanoseconds(simulation.clock.now().nanoseconds)
            return outcome
        }

        private static func live(_ world: World, _ points: [String]) async throws {
            let seed = world.simulation.seed
            let runtime = world.simulation.runtime
            await world.operate()
            for store in World.stores { try await world.gateway?.createStore(store) }
            var clients: [Task<Void, Never>] = []
            for (number, store) in World.stores.enumerated() {
                for client in 0..<2 {
                    let client = StoreClient(world, store, seed: seed &* 8 &+ UInt64(number * 2 + client))
                    clients.append(
                        runtime.spawn {
                            var client = client
                            await client.work()
                        }
                    )
                }
            }
            clients.append(runtime.spawn { await sendCasts(world, seed) })
            clients.append(
                runtime.spawn {
                    var client = TransactionClient(world, seed: seed &+ 0x7A45)
                    await client.work()
                }
            )
            let follower = runtime.spawn { await StoreFollower(world: world, store: "east").work() }
            var nemesis = SoakNemesis(world, points: points, seed: seed &+ 0x5EED)
            var generator = SeededGenerator(seed: seed &+ 0xBEA7)
            for _ in 0..<strikes {
                world.allow(requests)
                await world.sleep(Int.random(in: 1..<12, using: &generator))
                await nemesis.strike()
                await world.operate()
            }
            world.mend()
            await world.operate()
            try await comeBack(world)
            world.stop()
            for client in clients { await client.value }
            if let gateway = world.gateway { try await TransactionClient.check(world, gateway) }
            try await lookAtAll(world)
            if world.simulation.seed.isMultiple(of: 3) {
                world.machine.powerOff(.dropAll)
                world.forgetNode()
                await world.operate()
                try await comeBack(world)
                try await lookAtAll(world)
            }
            follower.cancel()
            await follower.value
            await world.close()
            await world.machine.runtime.shutdown()
            // Those that were killed in a turn that does not look at it may take their time.
            try await world.simulation.eventually(within: .seconds(10), "no process is left") {
                world.machine.runtime.processCount == 0 && world.machine.runtime.zombieCount == 0
            }
        }

        private static func sendCasts(_ world: World, _ seed: UInt64) async {
            var client = LedgerClient(1)
            var generator = SeededGenerator(seed: seed &+ 0xCA57)
            while !world.isStopped {
                guard world.isAllowed() else {
                    await world.sleep(100)
                    continue
                }
                if world.machine.isOn { world.complain(await client.work(world.machine.runtime, &generator)) }
                await world.lookAtWatcher()
                await world.sleep(Int.random(in: 2..<9, using: &generator))
            }
        }

        /// Nothing goes wrong any more: every store serves again, before long.
        private static func comeBack(_ world: World) async throws {
            for store in World.stores where !world.isDamaged(store) {
                try await world.simulation.eventually(within: .seconds(180), "\(store) takes appends again") {
                    await world.operate()
                    guard let gateway = world.gateway else { return false }
                    let events = world.newEvents(1, size: 1)
                    world.models[store]?.attempt([StreamBatch(stream: "stream-0", events: events)])
                    do {
                        _ = try await gateway.append(to: store, stream: "stream-0", expecting: .any, events)
                        return true
                    } catch {
                        await world.sleep(100)
                        throw error
                    }
                }
            }
        }

        /// Nobody appends any more: what is there is what was acknowledged and read, whole and in order.
        private static func lookAtAll(_ world: World) async throws {
            guard let gateway = world.gateway else { throw ExpectationFailed("the node is gone") }
            for (store, model) in world.models.sorted(by: { $0.key < $1.key }) {
                if world.isDamaged(store) {
                    try await lookAtDamaged(world, store, gateway)
                    continue
                }
                let all = try await gateway.readAll(from: store, start: 0, count: 100_000)
                if let problem = model.whole(all) { throw ExpectationFailed("\(store): \(problem)") }
                let report = try await gateway.verify(store)
                // A bad checkpoint costs nothing but the time to make another.
                let problems = report.problems.filter { !$0.contains("/snapshots/") || !world.hasFlippedCheckpoint }
                if let problem = problems.first { throw ExpectationFailed("\(store) is not sound: \(problem)") }
                let status = try await gateway.storeStatus(store)
                guard status.status == .running else {
                    throw ExpectationFailed("\(store) serves, and is \(status.status)")
                }
            }
            if !world.isDamaged("east"), let model = world.models["east"] {
                try await world.simulation.eventually(within: .seconds(60), "the subscriber of east has all of it") {
                    world.followed >= model.end
                }
            }
        }

        /// A damage is reported wherever it is looked at, and nothing of it is served.
        private static func lookAtDamaged(_ world: World, _ store: String, _ gateway: LocalGateway) async throws {
            if try await gateway.storeStatus(store).status == .damaged { return }
            let report = try await gateway.verify(store)
            if report.problems.isEmpty { throw ExpectationFailed("\(store) is damaged, and nothing says so") }
            do {
                let all = try await gateway.readAll(from: store, start: 0, count: 100_000)
                if let problem = world.models[store]?.whole(all) { throw ExpectationFailed("\(store): \(problem)") }
            } catch StoreError.damaged, StoreError.unavailable {
                return
            }
        }
    }
#endif
