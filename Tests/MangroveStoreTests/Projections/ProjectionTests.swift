import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct ProjectionTests {
    private struct Bad: Error {}

    /// Counts the events of each stream.
    private static func counts(version: Int = 1) -> Projection {
        Projection("counts", of: "east", version: version, initial: 0) { count, _ in count += version }
    }

    private func expected(_ gateway: any Gateway) async throws -> [String: String] {
        var counts: [String: Int] = [:]
        for event in try await gateway.readAll(from: "east", start: 0, count: 100_000) {
            counts[event.stream, default: 0] += 1
        }
        return counts.mapValues { "\($0)" }
    }

    private func states(_ name: String, _ gateway: any Gateway) async throws -> [String: String] {
        var all: [String: String] = [:]
        var last: String?
        while true {
            // Page by page, so that the order is put to use.
            let page = try await gateway.projectedStates(of: name, in: "east", after: last, count: 2)
            for state in page { all[state.key] = String(decoding: state.data, as: UTF8.self) }
            guard let end = page.last else { return all }
            last = end.key
        }
    }

    private func settled(_ name: String, _ gateway: any Gateway, _ runtime: Runtime) async throws {
        for _ in 0..<1_000 {
            let info = try await gateway.projections(of: "east").first { $0.name == name }
            if info?.lag == 0 || info?.failure != nil { return }
            try await runtime.sleep(for: .milliseconds(5))
        }
        Issue.record("'\(name)' does not catch up")
    }

    @Test("Whatever crashes, every event is in a projection once", arguments: Seeds(60))
    func exactlyOnce(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        var random = SeededGenerator(seed: seed &+ 5)
        let places = [
            "core/storage/engine", "core/notification/event-projector", "core/notification/projections/counts",
            "core/notification/projections", "pub-sub", "core/notification/leader/tracker",
        ]
        for life in 0..<3 {
            let crashes = (0..<3).map { _ in (places[Int(random.next() % 6)], random.next() % 2 == 0) }
            let (rebuilds, isLast) = (random.next() % 2 == 0, life == 2)
            try Simulation(seed: seed &* 8 &+ UInt64(life), disk: disk.mount()).run { simulation in
                var settings = NodeSettings.faulty
                settings.projections = [Self.counts()]
                let node = try await Node.open(settings, in: simulation.runtime)
                let gateway = node.gateway
                do { try await gateway.createStore("east") } catch StoreError.storeExists {}
                let load = StoreLoad(gateway, simulation.runtime)
                load.start("east", clients: 3, generation: life)
                for (place, kill) in crashes {
                    try await simulation.runtime.sleep(for: .milliseconds(15))
                    try? await gateway.crash("node/stores/east/" + place, kill: kill)
                }
                if rebuilds { try await gateway.rebuildProjection("counts", of: "east") }
                try await simulation.runtime.sleep(for: .milliseconds(10))
                guard isLast else { return }
                try await load.stop()
                try await settled("counts", gateway, simulation.runtime)
                #expect(try await states("counts", gateway) == (try await expected(gateway)), "seed \(seed)")
                await node.close()
            }
            disk.crash(random.next() % 3 == 0 ? .dropAll : .random)
        }
    }

    @Test("At whatever moment the disk stops, a projection's states and its place are those of one moment")
    func oneRecord() throws {
        var cuts = 0
        for point in 0..<90 {
            let disk = SimulatedDisk(seed: UInt64(point))
            for isLast in [false, true] {
                try Simulation(seed: UInt64(point), disk: disk.mount()).run { simulation in
                    var settings = NodeSettings.simulated
                    settings.projections = [Self.counts()]
                    let node = try await Node.open(settings, in: simulation.runtime)
                    let gateway = node.gateway
                    if isLast {
                        try await settled("counts", gateway, simulation.runtime)
                        #expect(try await states("counts", gateway) == (try await expected(gateway)), "point \(point)")
                        return await node.close()
                    }
                    try await gateway.createStore("east")
                    disk.crash(after: point, .dropAll)
                    simulation.runtime.spawn {
                        for number in 0..<12 {
                            let event = happenings(number..<number + 1)
                            _ = try? await gateway.append(to: "east", stream: "a", expecting: .any, event)
                        }
                    }
                    try await simulation.runtime.sleep(for: .milliseconds(20))
                }
                if !isLast, !disk.isCrashPlanned { cuts += 1 }
                // Where it did not come to that, it is now.
                if !isLast { disk.crash(.dropAll) }
            }
        }
        #expect(cuts > 20)
    }

    @Test("Two projections of one name, and a name that is none, keep the node from starting")
    func badProjections() throws {
        try Simulation(seed: 1).run { simulation in
            for projections in [
                [Self.counts(), Self.counts()], [Projection("a b", of: "east", initial: 0) { _, _ in }],
            ] {
                var settings = NodeSettings.simulated
                settings.projections = projections
                await #expect(throws: StoreError.self) { _ = try await Node.open(settings, in: simulation.runtime) }
            }
        }
    }

    @Test("A fold of another version is computed anew, and the states of the old one are gone")
    func versions() throws {
        let disk = SimulatedDisk(seed: 1)
        for version in [1, 3, 3, 2] {
            try Simulation(seed: UInt64(version), disk: disk).run { simulation in
                var settings = NodeSettings.simulated
                settings.projections = [Self.counts(version: version)]
                let node = try await Node.open(settings, in: simulation.runtime)
                if version == 1 {
                    try await node.gateway.createStore("east")
                    for stream in ["a", "b", "c"] {
                        let events = happenings(0..<700)
                        _ = try await node.gateway.append(to: "east", stream: stream, expecting: .any, events)
                    }
                }
                try await settled("counts", node.gateway, simulation.runtime)
                let count = "\(700 * version)"
                #expect(try await states("counts", node.gateway) == ["a": count, "b": count, "c": count])
                try await simulation.runtime.sleep(for: .seconds(1))
                let engine = simulation.runtime.address(StoreName(store: "east").name(.engine), of: Store.self)
                let session = try await engine.call { $0.session }
                #expect(try session.engine.factKeys(.projections, prefix: FactKey("state")).count == 3)
                await node.close()
            }
        }
    }

    @Test("A fold that fails stops its own projection at that event, says so, and holds up no other one")
    func failure() throws {
        try Simulation(seed: 1).run { simulation in
            var settings = NodeSettings.simulated
            let isMended = Lock(false)
            settings.projections = [
                Self.counts(),
                Projection("bad", of: "east", initial: 0) { count, event in
                    if event.version == 3, !isMended.withLock({ $0 }) { throw Bad() }
                    count += 1
                },
            ]
            let node = try await Node.open(settings, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            _ = try await gateway.append(to: "east", stream: "a", expecting: .any, happenings(0..<10))
            try await settled("counts", gateway, simulation.runtime)
            try await settled("bad", gateway, simulation.runtime)
            let infos = try await gateway.projections(of: "east")
            #expect(infos.map(\.name) == ["bad", "counts"])
            #expect(infos[0].checkpoint == 3 && infos[0].lag == 7)
            #expect(infos[0].failure == "at event 3 of stream 'a': Bad()")
            #expect(infos[1].lag == 0 && infos[1].states == 1 && infos[1].failure == nil)
            #expect(try await states("bad", gateway) == ["a": "3"])
            isMended.withLock { $0 = true }
            try await gateway.rebuildProjection("bad", of: "east")
            try await settled("bad", gateway, simulation.runtime)
            #expect(try await states("bad", gateway) == ["a": "10"])
            await #expect(throws: StoreError.noSuchProjection(store: "east", projection: "none")) {
                _ = try await gateway.projectedState(of: "none", in: "east", key: "a")
            }
            await node.close()
        }
    }

    @Test("An aggregate adds exactly, keeps the last value as it stands, and counts, for each key of its own")
    func aggregate() throws {
        try Simulation(seed: 1).run { simulation in
            let node = try await Node.open(.faulty, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            let amounts = ["0.1", "0.2", "1e3", "-0.30", "12345678901234567890.05", "\"x\"", "null"]
            for (number, amount) in amounts.enumerated() {
                let data = "{\"to\":\"\(number % 2 == 0 ? "ann" : "bob")\",\"amount\":\(amount),\"at\": [ \(number) ]}"
                let event = NewEvent(id: EventID(high: 4, low: UInt64(number)), type: "paid", data: Array(data.utf8))
                _ = try await gateway.append(to: "east", stream: "s\(number)", expecting: .any, [event])
            }
            _ = try await gateway.append(to: "east", stream: "other", expecting: .any, happenings(0..<3))
            let aggregate = Aggregate(
                .type("paid"),
                partitionBy: .data(try JSONField("to")),
                fields: ["n": .count, "sum": .sum(try JSONField("amount")), "last": .overwrite(try JSONField("at"))]
            )
            try await gateway.createAggregate("totals", of: "east", aggregate)
            try await settled("totals", gateway, simulation.runtime)
            let wanted = [
                "ann": "{\"last\":[ 6 ],\"n\":4,\"sum\":12345678901234568890.15}",
                "bob": "{\"last\":[ 5 ],\"n\":3,\"sum\":-0.1}",
            ]
            #expect(try await states("totals", gateway) == wanted)
            // It is there after a restart, and another one of the name takes its place.
            try await gateway.crash("node/stores/east/core/storage/engine", kill: true)
            #expect(try await states("totals", gateway) == wanted)
            let count = Aggregate(.type("paid"), partitionBy: .none, fields: ["n": .count])
            try await gateway.createAggregate("totals", of: "east", count)
            try await settled("totals", gateway, simulation.runtime)
            #expect(try await states("totals", gateway) == ["": "{\"n\":7}"])
            try await gateway.deleteAggregate("totals", of: "east")
            #expect(try await gateway.projections(of: "east").isEmpty)
            await #expect(throws: StoreError.self) { try await gateway.deleteAggregate("totals", of: "east") }
            await #expect(throws: StoreError.self) {
                try await gateway.createAggregate("totals", of: "east", Aggregate(fields: [:]))
            }
            await node.close()
        }
    }

    @Test(
        "Numbers are added exactly",
        arguments: [
            ("1", "2", "3"), ("0.1", "0.2", "0.3"), ("-1", "1", "0"), ("999", "1", "1000"), ("1000", "-1", "999"),
            ("1e30", "1", "1000000000000000000000000000001"), ("-0.5", "0.25", "-0.25"), ("1e50", "0", "1e50"),
            ("5e-1", "5e-1", "1"), ("-7", "-8.5", "-15.5"), ("0.001", "-0.0015", "-0.0005"),
        ]
    )
    func sums(first: String, second: String, sum: String) throws {
        let (first, second) = (try #require(JSONNumber(first.utf8)), try #require(JSONNumber(second.utf8)))
        #expect(first.adding(second).map { String(decoding: $0.text, as: UTF8.self) } == sum)
        #expect(second.adding(first) == first.adding(second))
    }

    @Test("Numbers too far apart are not added")
    func tooWide() throws {
        let (huge, tiny) = (try #require(JSONNumber("1e100000".utf8)), try #require(JSONNumber("1e-5".utf8)))
        #expect(huge.adding(tiny) == nil)
    }

    @Test("Events of old versions are read as new ones, by everyone, and stay on disk as they are")
    func upcasting() throws {
        let disk = SimulatedDisk(seed: 1)
        for isNew in [false, true] {
            try Simulation(seed: 1, disk: disk).run { simulation in
                var settings = NodeSettings.simulated
                if isNew {
                    settings.upcasters = Upcasters().upcasting("happened") { event in
                        var event = event
                        event.type = "happened-2"
                        event.position = 99
                        return event
                    }.upcasting("happened-2") { event in
                        var event = event
                        if event.version == 5 { throw Bad() }
                        event.type = "happened-3"
                        return event
                    }
                    settings.projections = [
                        Projection("types", of: "east", initial: "") { types, event in types = event.type }
                    ]
                }
                let node = try await Node.open(settings, in: simulation.runtime)
                let gateway = node.gateway
                guard isNew else {
                    try await gateway.createStore("east")
                    _ = try await gateway.append(to: "east", stream: "a", expecting: .any, happenings(0..<7))
                    return await node.close()
                }
                let read = try await gateway.read(from: "east", stream: "a", start: 0, count: 5, direction: .forward)
                #expect(read.map(\.type) == Array(repeating: "happened-3", count: 5))
                #expect(read.map(\.position) == Array(0..<5))
                await #expect(throws: StoreError.self) { try await gateway.readAll(from: "east", start: 0, count: 7) }
                // Selected by what is recorded.
                var followed: [String] = []
                for try await event in try gateway.subscribe(to: "east", .type("happened"), from: .at(3)) {
                    followed.append(event.type)
                    if followed.count == 2 { break }
                }
                #expect(followed == ["happened-3", "happened-3"])
                // What cannot be read as a new one is set aside.
                var delivered: [Int] = []
                for try await delivery in try await gateway.consume("all-events", of: "east") {
                    delivered.append(delivery.event.position)
                    #expect(delivery.event.type == "happened-3")
                    try await delivery.ack()
                    if delivered.count == 6 { break }
                }
                #expect(delivered == [0, 1, 2, 3, 4, 6])
                #expect(try await gateway.parkedEvents(of: "all-events", in: "east").map(\.place) == [5])
                try await settled("types", gateway, simulation.runtime)
                #expect(try await gateway.projections(of: "east").first?.checkpoint == 5)
                #expect(try await states("types", gateway) == ["a": "happened-3"])
                await node.close()
            }
        }
    }
}
