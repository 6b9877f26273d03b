import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("Stores made and removed at run time") struct StoreRaceTests {
    /// Who was told what.
    private final class Ledger: Sendable {
        private let made = Lock<[String: Int]>([:])
        private let others = Lock<[String]>([])

        func note(_ id: String) { made.withLock { $0[id, default: 0] += 1 } }
        func note(_ error: any Error) { others.withLock { $0.append("\(error)") } }

        var times: [String: Int] { made.withLock { $0 } }
        var errors: [String] { others.withLock { $0 } }
    }

    @Test(
        "A fault we do not have: dynamic stores unsupervised, lost at a restart, their making a race",
        arguments: Seeds(120)
    )
    func noRaces(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        let ids = ["east", "north", "south"]
        try Simulation(seed: seed, disk: disk).run { simulation in
            let runtime = simulation.runtime
            let node = try await Node.open(.faulty, in: runtime)
            let ledger = Ledger()
            await withTaskGroup(of: Void.self) { group in
                for client in 0..<4 {
                    group.addTask {
                        for id in client.isMultiple(of: 2) ? ids : ids.reversed() {
                            do {
                                try await node.gateway.createStore(id)
                                ledger.note(id)
                            } catch StoreError.storeExists {
                                // Somebody else made it.
                            } catch {
                                ledger.note(error)
                            }
                        }
                    }
                }
                group.addTask {
                    for round in 0..<3 {
                        let pause = Int(runtime.environment.randomness.next() % 4_000)
                        try? await runtime.sleep(for: .microseconds(pause))
                        try? await node.gateway.crash("node/store-manager", kill: round.isMultiple(of: 2))
                    }
                }
            }
            #expect(ledger.errors == [])
            #expect(ledger.times == ["east": 1, "north": 1, "south": 1])
            for id in ids {
                _ = try await node.gateway.append(to: id, stream: id, expecting: .noStream, happenings(0..<3))
                // Supervised: it is back after the whole of it was killed.
                try await node.gateway.crash("node/stores/\(id)", kill: true)
                let result = try await node.gateway.append(
                    to: id,
                    stream: id,
                    expecting: .exactly(2),
                    happenings(3..<4)
                )
                #expect(result.version == 3)
            }
        }
        disk.crash(.dropAll)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            #expect(try await node.gateway.stores().map(\.id) == ids)
            for id in ids { #expect(try await node.gateway.version(of: id, in: id) == 3) }
            await node.close()
        }
    }

    /// What a script of changes has been told is done.
    private struct State: Sendable, Equatable {
        /// By store, how its segments are configured.
        var stores: [String: Int] = [:]
        var kept: [String] = []
    }

    private static let script: [(String, @Sendable (LocalGateway, inout State) async throws -> Void)] = [
        (
            "make",
            { gateway, state in
                try await gateway.createStore("east", configured(8_192))
                state.stores["east"] = 8_192
            }
        ),
        (
            "make elsewhere",
            { gateway, state in
                try await gateway.createStore("west", configured(8_192, "/mnt/west"))
                state.stores["west"] = 8_192
            }
        ),
        (
            "configure",
            { gateway, state in
                _ = try await gateway.configureStore("east", configured(16_384))
                state.stores["east"] = 16_384
            }
        ),
        (
            "remove",
            { gateway, state in
                try await gateway.removeStore("west")
                state.stores["west"] = nil
                state.kept = ["west"]
            }
        ),
        (
            "revive",
            { gateway, state in
                try await gateway.reviveStore("west")
                state.stores["west"] = 8_192
                state.kept = []
            }
        ),
        (
            "erase elsewhere",
            { gateway, state in
                _ = try await gateway.removeStore("west", erasing: true)
                state.stores["west"] = nil
            }
        ),
        (
            "remove the other",
            { gateway, state in
                try await gateway.removeStore("east")
                state.stores["east"] = nil
                state.kept = ["east"]
            }
        ),
        (
            "erase what was kept",
            { gateway, state in
                try await gateway.eraseKeptStore("east")
                state.kept = []
            }
        ),
    ]

    private static func configured(_ segments: Int, _ directory: String? = nil) -> StoreConfiguration {
        var configuration = StoreConfiguration()
        configuration.segmentBytes = segments
        configuration.directory = directory
        return configuration
    }

    @Test(
        "The power lost at any step of a making, a change or a removal leaves it done or not begun, and nothing else",
        arguments: [CrashPolicy.dropAll, .keepAll, .random]
    )
    func anyStep(policy: CrashPolicy) throws {
        var isOver = false
        for step in 0..<400 where !isOver {
            let disk = SimulatedDisk(seed: UInt64(step))
            let told = Lock<(state: State, doing: String)>((State(), ""))
            try Simulation(seed: UInt64(step), disk: disk).run { simulation in
                var settings = NodeSettings.simulated
                settings.store.retryLimit = .milliseconds(50)
                let node = try await Node.open(settings, in: simulation.runtime)
                disk.crash(after: step, policy)
                var state = State()
                for (name, change) in Self.script {
                    // What it would come to, if it is done without anybody hearing of it.
                    let before = state
                    told.withLock { $0 = (before, name) }
                    do {
                        try await change(node.gateway, &state)
                    } catch {
                        return
                    }
                    let after = state
                    told.withLock { $0 = (after, "nothing") }
                }
                await node.close()
            }
            isOver = disk.isCrashPlanned
            disk.mend()
            disk.crash(policy)
            let (state, doing) = told.withLock { $0 }
            let context = "step \(step), \(doing)"
            try Simulation(seed: 7, disk: disk).run { simulation in
                let node = try await Node.open(.simulated, in: simulation.runtime)
                let found = try await Self.state(of: node.gateway)
                var allowed = [state]
                if let next = Self.outcome(of: doing, on: state) { allowed.append(next) }
                #expect(allowed.contains(found), "\(context): \(found) where \(allowed) may be")
                for id in found.stores.keys.sorted() {
                    _ = try await node.gateway.append(to: id, stream: "a", expecting: .any, happenings(0..<1))
                }
                await node.close()
            }
        }
        #expect(isOver, "the script has more steps")
    }

    /// What a change makes of a state when it is done.
    private static func outcome(of doing: String, on state: State) -> State? {
        var next = state
        switch doing {
        case "make": next.stores["east"] = 8_192
        case "make elsewhere": next.stores["west"] = 8_192
        case "configure": next.stores["east"] = 16_384
        case "remove": (next.stores["west"], next.kept) = (nil, ["west"])
        case "revive": (next.stores["west"], next.kept) = (8_192, [])
        case "erase elsewhere": next.stores["west"] = nil
        case "remove the other": (next.stores["east"], next.kept) = (nil, ["east"])
        case "erase what was kept": next.kept = []
        default: return nil
        }
        return next
    }

    private static func state(of gateway: LocalGateway) async throws -> State {
        var state = State()
        for info in try await gateway.stores() {
            #expect(info.problem == nil, "\(info)")
            state.stores[info.id] = try await gateway.ownConfiguration(of: info.id).segmentBytes
        }
        state.kept = try await gateway.keptStores().map(\.id)
        return state
    }
}
