import Mangrove
import MangroveStore
import MangroveTesting
import Testing

@Suite struct FaultTests {
    /// Every kind of process in a store's subtree.
    static let places = [
        "", "pub-sub", "core", "core/storage", "core/storage/engine", "core/storage/registration", "core/persistence",
        "core/persistence/streams", "core/persistence/streams/writers", "core/persistence/streams/writers/0",
        "core/persistence/streams/readers", "core/persistence/streams/readers/1", "core/persistence/snapshots",
        "core/persistence/snapshots/writers", "core/persistence/snapshots/writers/1",
        "core/persistence/snapshots/readers", "core/persistence/snapshots/readers/0",
        "core/persistence/persistence-worker",
        "core/notification", "core/notification/leader", "core/notification/leader/tracker",
        "core/notification/leader/worker", "core/notification/emitters", "core/notification/emitters/0", "EMITTER",
        "core/notification/subscriptions-tracker", "core/notification/projections", "core/notification/event-projector",
        "core/notification/subscription-health-monitor", "core/persistence/subscriptions",
        "core/persistence/subscriptions/reader", "core/persistence/subscriptions/writer",
        "cluster",
        "cluster/node-monitor", "gateway", "gateway/0", "WRITER",
    ]

    static let faults = places.flatMap { place in [false, true].map { Fault(place: place, kill: $0) } }

    struct Fault: Sendable, CustomStringConvertible {
        var place: String
        var kill: Bool
        var description: String { "\(kill ? "kill" : "crash") \(place.isEmpty ? "the whole store" : place)" }
    }

    @Test(
        "Whatever process of a store crashes or is killed under load, nothing acknowledged is lost, and no other store notices",
        arguments: faults
    )
    func everyKindOfProcess(fault: Fault) throws {
        for seed in Seeds(3) {
            let simulation = Simulation(seed: seed)
            try simulation.run { simulation in
                var settings = NodeSettings.simulated
                settings.allowsFaults = true
                settings.store.partitions = 2
                settings.store.segmentBytes = 16 << 10
                settings.store.checkpointEvents = 40
                settings.store.checkpointInterval = .milliseconds(20)
                let runtime = simulation.runtime
                let node = try await Node.open(settings, in: runtime)
                let gateway = node.gateway
                for store in ["east", "west"] { try await gateway.createStore(store) }
                let load = StoreLoad(gateway, runtime)
                for store in ["east", "west"] { load.start(store, clients: 3) }
                let received = Received()
                let subscription = try gateway.subscribe(to: "east", .all)
                let following = runtime.spawn {
                    do {
                        for try await event in subscription { received.add(event.position) }
                    } catch {
                        received.fail(error)
                    }
                }
                try await runtime.sleep(for: .milliseconds(50))
                let bystanders = processes(of: "node/stores/west", in: runtime)
                let path = try #require(self.path(of: fault.place, in: runtime))
                try await gateway.crash(path, kill: fault.kill)
                try await runtime.sleep(for: .milliseconds(150))
                try await load.stop()

                #expect(load.failures.isEmpty, "seed \(seed)")
                #expect(processes(of: "node/stores/west", in: runtime) == bystanders, "seed \(seed): west noticed")
                for store in ["east", "west"] {
                    let acknowledged = load.acknowledged(store)
                    #expect(acknowledged.count > 50, "seed \(seed)")
                    let problems = try await problems(of: store, in: gateway, acknowledged: acknowledged)
                    #expect(problems == [], "seed \(seed)")
                }
                let all = try await gateway.storeStatus("east").events ?? 0
                try await received.wait(for: all, in: runtime)
                #expect(received.positions == Array(0..<all), "seed \(seed)")
                following.cancel()
                await following.value
                await node.close()
                #expect(runtime.processCount == 0, "seed \(seed)")
            }
            simulation.settle()
            #expect(simulation.clock.timerCount == 0, "seed \(seed): timers are left")
        }
    }

    /// The processes of a store that are always there.
    private func processes(of path: String, in runtime: Runtime) -> [ProcessID?] {
        let nodes = runtime.tree().node(at: path)?.subtree ?? []
        return nodes.filter { !$0.path.contains("/writers/") && !$0.path.contains("/emitters/") }.map(\.process)
    }

    private func path(of place: String, in runtime: Runtime) -> String? {
        let root = "node/stores/east"
        if place == "WRITER" {
            return runtime.tree().node(at: root)?.subtree.first { $0.id.text.hasPrefix("client-") }?.path
        }
        if place == "EMITTER" {
            return runtime.tree().node(at: root)?.subtree.first { $0.id == "$all" }?.path
        }
        return place.isEmpty ? root : root + "/" + place
    }

    @Test(
        "After a power failure under load everything acknowledged is there, exactly once and in order",
        arguments: Seeds(100)
    )
    func powerFailure(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        var generator = SeededGenerator(seed: seed &+ 1_000)
        let acknowledged = Lock<[String: [StoreLoad.Acknowledged]]>([:])
        // Several lives of one node: each is cut off in the middle, and the disk loses what it likes.
        for life in 0..<4 {
            let moment = Int(generator.next() % 120)
            let policy: CrashPolicy = generator.next() % 3 == 0 ? .dropAll : .random
            try Simulation(seed: seed &* 10 &+ UInt64(life), disk: disk.mount()).run { simulation in
                var settings = NodeSettings.simulated
                settings.store.segmentBytes = 8 << 10
                settings.store.checkpointEvents = 20
                settings.store.checkpointInterval = .milliseconds(7)
                let node = try await Node.open(settings, in: simulation.runtime)
                let known = acknowledged.withLock { $0 }
                for (store, entries) in known {
                    #expect(
                        try await problems(of: store, in: node.gateway, acknowledged: entries) == [],
                        "seed \(seed), life \(life), \(store)"
                    )
                    let report = try await node.gateway.verify(store)
                    #expect(report.problems == [], "seed \(seed), life \(life), \(store)")
                }
                for store in ["east", "west"] {
                    do { try await node.gateway.createStore(store) } catch StoreError.storeExists {}
                }
                let load = StoreLoad(node.gateway, simulation.runtime)
                for store in ["east", "west"] { load.start(store, clients: 4, generation: life) }
                try await simulation.runtime.sleep(for: .milliseconds(moment))
                acknowledged.withLock { all in
                    for store in ["east", "west"] { all[store, default: []] += load.acknowledged(store) }
                }
            }
            disk.crash(policy)
        }
        #expect(acknowledged.withLock { $0.values.reduce(0) { $0 + $1.count } } > 0)
    }

    @Test("A failed flush ends the engine, and what the disk holds decides", arguments: Seeds(30))
    func failedFlush(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            try await node.gateway.createStore("east")
            let load = StoreLoad(node.gateway, simulation.runtime)
            load.start("east", clients: 6)
            for _ in 0..<3 {
                try await simulation.runtime.sleep(for: .milliseconds(40))
                disk.failNextFlush()
            }
            try await simulation.runtime.sleep(for: .milliseconds(300))
            try await load.stop()
            #expect(load.failures.isEmpty)
            let acknowledged = load.acknowledged("east")
            #expect(acknowledged.count > 50)
            #expect(try await problems(of: "east", in: node.gateway, acknowledged: acknowledged) == [])
            await node.close()
        }
    }

    @Test("A store with a flipped byte is refused with file and offset, and the other goes on serving")
    func damage() throws {
        let disk = SimulatedDisk(seed: 1)
        try Simulation(seed: 1, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            for store in ["east", "west"] {
                try await node.gateway.createStore(store)
                for number in 0..<20 {
                    let event = happenings(number..<number + 1)
                    _ = try await node.gateway.append(to: store, stream: "a", expecting: .any, event)
                }
            }
            await node.close()
        }
        let log = "/data/east/raft_logs/00000000000000000001.log"
        for name in try disk.list("/data/east/snapshots") { try disk.removeFile("/data/east/snapshots/" + name) }
        try disk.corrupt(log, at: 600)
        try Simulation(seed: 2, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let status = try await node.gateway.storeStatus("east")
            #expect(status.status == .damaged)
            #expect(status.problem?.contains(log) ?? false)
            do {
                _ = try await node.gateway.readAll(from: "east", start: 0, count: 10)
                Issue.record("a damaged store was read")
            } catch StoreError.damaged(let store, let file, let offset, _) {
                #expect(store == "east")
                #expect(file == log)
                #expect((1...600).contains(offset))
            }
            #expect(try await node.gateway.readAll(from: "west", start: 0, count: 100).count == 20)
            let more = happenings(20..<21)
            let result = try await node.gateway.append(to: "west", stream: "a", expecting: .exactly(19), more)
            #expect(result.position == 20)
            await node.close()
        }
    }

    @Test("Damage that is found while a store serves has it refused as a whole, and no other")
    func damageWhileServing() throws {
        let disk = SimulatedDisk(seed: 1)
        let log = "/data/east/raft_logs/00000000000000000001.log"
        try Simulation(seed: 1, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            for store in ["east", "west"] {
                try await node.gateway.createStore(store)
                _ = try await node.gateway.append(to: store, stream: "a", expecting: .any, happenings(0..<50))
            }
            try disk.corrupt(log, at: 500)
            await #expect(throws: StoreError.self) {
                try await node.gateway.readAll(from: "east", start: 0, count: 100)
            }
            try await simulation.runtime.sleep(for: .seconds(1))
            #expect(try await node.gateway.storeStatus("east").status == .damaged)
            do {
                let more = happenings(50..<51)
                _ = try await node.gateway.append(to: "east", stream: "b", expecting: .any, more)
                Issue.record("a damaged store took an append")
            } catch StoreError.damaged(_, let file, _, _) {
                #expect(file == log)
            }
            #expect(try await node.gateway.readAll(from: "west", start: 0, count: 100).count == 50)
            await node.close()
            #expect(simulation.runtime.processCount == 0)
        }
    }

    @Test("A checkpoint does not hide damage from the next start")
    func damageBehindCheckpoint() throws {
        let disk = SimulatedDisk(seed: 1)
        try Simulation(seed: 1, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            try await node.gateway.createStore("east")
            _ = try await node.gateway.append(to: "east", stream: "a", expecting: .any, happenings(0..<50))
            await node.close()
        }
        #expect(try disk.list("/data/east/snapshots").count == 1)
        try disk.corrupt("/data/east/raft_logs/00000000000000000001.log", at: 500)
        try Simulation(seed: 2, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            #expect(try await node.gateway.storeStatus("east").status == .damaged)
            await node.close()
        }
    }

    @Test("A second node is refused a directory that one has, and told who")
    func oneOwner() throws {
        let disk = SimulatedDisk(seed: 1)
        try Simulation(seed: 1, disk: disk).run { simulation in
            let node = try await Node.open(NodeSettings(dataDirectory: "/data", owner: "4711"), in: simulation.runtime)
            let second = Runtime(simulation.runtime.environment)
            do {
                _ = try await Node.open(NodeSettings(dataDirectory: "/data", owner: "4712"), in: second)
                Issue.record("a second owner was let in")
            } catch StoreError.refused(let why) {
                #expect(why.contains("4711"))
            }
            await node.close()
            let third = try await Node.open(NodeSettings(dataDirectory: "/data", owner: "4713"), in: second)
            await third.close()
        }
    }
}
