import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("The limits of a store") struct StoreLimitTests {
    private func configuration(_ change: (inout StoreConfiguration) -> Void) -> StoreConfiguration {
        var configuration = StoreConfiguration()
        change(&configuration)
        return configuration
    }

    private func events(_ numbers: Range<Int>, bytes: Int) -> [NewEvent] {
        numbers.map { number in
            let text = "\"" + String(repeating: "x", count: bytes) + "\""
            return NewEvent(id: EventID(high: 2, low: UInt64(number)), type: "t", data: Array(text.utf8))
        }
    }

    /// Appends one event after the other until the store is full.
    /// - Returns: how many were taken, and the limit that was reached.
    private func fill(_ gateway: LocalGateway, _ stream: String, bytes: Int) async throws -> (Int, StoreLimitUse) {
        for number in 0..<10_000 {
            do {
                _ = try await gateway.append(
                    to: "east",
                    stream: stream,
                    expecting: .exactly(number - 1),
                    events(number..<number + 1, bytes: bytes)
                )
            } catch StoreError.limitReached("east", let use) {
                return (number, use)
            }
        }
        throw StoreError.invalid("nothing was refused")
    }

    @Test(
        "A full store takes no append and loses nothing: reading, deleting and compacting go on, and make room",
        arguments: Seeds(20)
    )
    func disk(seed: UInt64) throws {
        let limit = 40_000
        try Simulation(seed: seed).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            let full = configuration {
                $0.limits.diskBytes = limit
                $0.segmentBytes = 4_096
            }
            try await gateway.createStore("east", full)
            try await gateway.createStore("west")
            let (count, use) = try await fill(gateway, "a", bytes: 500)
            #expect(use.kind == .disk && use.limit == limit && use.used <= limit)
            #expect(limit - use.used < 700)
            let message = StoreError.limitReached(store: "east", use).description
            #expect(message.contains("\(limit)") && message.contains("\(use.used)") && message.contains("compact"))
            #expect(try await gateway.storeStatus("east").limits == [use])
            // What is there already is answered as before, and its neighbour notices nothing.
            let again = events(0..<1, bytes: 500)
            #expect(try await gateway.append(to: "east", stream: "a", expecting: .noStream, again).version == 0)
            let neighbour = events(0..<100, bytes: 500)
            _ = try await gateway.append(to: "west", stream: "a", expecting: .noStream, neighbour)
            #expect(try await gateway.readAll(from: "east", start: 0, count: 10_000).count == count)
            try await gateway.truncate("a", in: "east", before: count - 1)
            let report = try await gateway.compact("east")
            #expect(report.bytesAfter < report.bytesBefore)
            let next = events(count..<count + 1, bytes: 500)
            let result = try await gateway.append(to: "east", stream: "a", expecting: .exactly(count - 1), next)
            #expect(result.version == count)
            await node.close()
        }
    }

    @Test("Many who append at once do not get past the limit together", arguments: Seeds(50))
    func togetherAtTheLimit(seed: UInt64) throws {
        try Simulation(seed: seed).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            let limit = 10_000
            try await gateway.createStore("east", configuration { $0.limits.diskBytes = limit })
            let taken = await withTaskGroup(of: Int.self) { group in
                for client in 0..<30 {
                    group.addTask {
                        let number = client * 2
                        let new = events(number..<number + 2, bytes: 400)
                        return
                            (try? await gateway.append(to: "east", stream: "\(client)", expecting: .noStream, new))
                            == nil ? 0 : 2
                    }
                }
                return await group.reduce(0, +)
            }
            let use = try #require(try await gateway.storeStatus("east").limits.first)
            #expect(use.used <= limit)
            #expect(taken > 0 && taken < 60)
            #expect(try await gateway.readAll(from: "east", start: 0, count: 100).count == taken)
            await node.close()
        }
    }

    @Test("The index takes no more memory than it may, and goes on when it may take more", arguments: Seeds(10))
    func memory(seed: UInt64) throws {
        try Simulation(seed: seed).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east", configuration { $0.limits.memoryBytes = 3_000 })
            let (count, use) = try await fill(gateway, "a", bytes: 10)
            #expect(use.kind == .memory && use.used <= 3_000 && count > 30)
            let more = events(count..<count + 1, bytes: 10)
            await #expect(throws: StoreError.limitReached(store: "east", use)) {
                try await gateway.append(to: "east", stream: "a", expecting: .any, more)
            }
            #expect(try await !gateway.configureStore("east", configuration { $0.limits.memoryBytes = 6_000 }))
            #expect(try await gateway.append(to: "east", stream: "a", expecting: .any, more).version == count)
            await node.close()
        }
    }

    @Test("Events come no faster than a store's own limit says, and a change of it counts at once")
    func rate() throws {
        try Simulation(seed: 1).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east", configuration { $0.limits.eventsPerSecond = 10 })
            try await gateway.createStore("west")
            _ = try await gateway.append(to: "east", stream: "a", expecting: .any, happenings(0..<10))
            do {
                _ = try await gateway.append(to: "east", stream: "a", expecting: .any, happenings(10..<15))
                Issue.record("more than ten events a second were taken")
            } catch StoreError.limited(let why, let pause) {
                #expect(why.contains("at most 10 events a second"))
                try await simulation.runtime.sleep(for: pause)
            }
            _ = try await gateway.append(to: "east", stream: "a", expecting: .any, happenings(10..<15))
            _ = try await gateway.append(to: "west", stream: "a", expecting: .any, happenings(0..<1_000))
            #expect(try await !gateway.configureStore("east", StoreConfiguration()))
            _ = try await gateway.append(to: "east", stream: "a", expecting: .any, happenings(15..<1_000))
            await node.close()
        }
    }

    @Test(
        "So many connections use a store as may; looking at it and managing it takes none, and one that goes makes room"
    )
    func connections() throws {
        let controls = StoreControls(StoreSettings())
        var profile = StoreProfile()
        profile.resolved.limits.connections = 2
        controls.govern("east", profile)
        controls.govern("west", StoreProfile())
        let read = GatewayRequest.readAll(store: "east", start: 0, count: 1)
        func seats(_ request: GatewayRequest, in seats: ConnectionSeats) throws {
            for store in request.usedStores { try seats.take(store) }
        }
        let first = ConnectionSeats(controls)
        var second: ConnectionSeats? = ConnectionSeats(controls)
        let third = ConnectionSeats(controls)
        for _ in 0..<3 { try seats(read, in: first) }
        if let second { try seats(read, in: second) }
        let use = StoreLimitUse(.connections, limit: 2, used: 2)
        #expect(throws: StoreError.limitReached(store: "east", use)) { try seats(read, in: third) }
        #expect(controls.uses(of: "east", nil) == [use])
        try seats(.storeStatus("east"), in: third)
        try seats(.managed(store: "east", .configure(StoreConfiguration())), in: third)
        try seats(.readAll(store: "west", start: 0, count: 1), in: third)
        try seats(.readAll(store: "nowhere", start: 0, count: 1), in: third)
        second = nil
        try seats(read, in: third)
        #expect(throws: StoreError.self) { try seats(read, in: ConnectionSeats(controls)) }
        // A store that is made anew under the name has all its seats, whoever still holds one of the old.
        controls.forget("east")
        controls.govern("east", profile)
        let fourth = ConnectionSeats(controls)
        try seats(read, in: fourth)
        #expect(controls.uses(of: "east", nil) == [StoreLimitUse(.connections, limit: 2, used: 1)])
        withExtendedLifetime((first, third, fourth)) {}
    }

    @Test(
        "Streams without settings of their own keep what the store says, others what they say themselves",
        arguments: Seeds(10)
    )
    func retention(seed: UInt64) throws {
        try Simulation(seed: seed).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east", configuration { $0.retention.maxCount = 5 })
            try await gateway.setStreamSettings(StreamSettings(maxCount: 8), of: "own", in: "east")
            for stream in ["own", "plain", "$system"] {
                _ = try await gateway.append(to: "east", stream: stream, expecting: .any, happenings(0..<20))
            }
            _ = try await gateway.compact("east")
            func count(_ stream: String) async throws -> Int {
                try await gateway.read(from: "east", stream: stream, start: 0, count: 99, direction: .forward).count
            }
            #expect(try await count("plain") == 5)
            #expect(try await count("own") == 8)
            #expect(try await count("$system") == 20)
            // By itself, at the interval of compactions; by age as well.
            let hour = configuration { $0.retention.maxAge = .seconds(3_600) }
            #expect(try await !gateway.configureStore("east", hour))
            _ = try await gateway.append(to: "east", stream: "plain", expecting: .any, happenings(20..<22))
            try await simulation.runtime.sleep(for: .seconds(1_800))
            #expect(try await count("plain") == 7)
            _ = try await gateway.append(to: "east", stream: "plain", expecting: .any, happenings(22..<23))
            try await simulation.runtime.sleep(for: .seconds(2_400))
            #expect(try await count("plain") == 1)
            #expect(try await gateway.version(of: "plain", in: "east") == 22)
            #expect(try await count("own") == 8)
            await node.close()
        }
    }
}
