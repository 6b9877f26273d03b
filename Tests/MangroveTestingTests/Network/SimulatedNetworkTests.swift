import Mangrove
import MangroveTesting
import Testing

/// Takes streams on a node and sends back what each of them brings.
private func echo(_ node: SimulatedNode, port: UInt16) async throws -> any NetworkListener {
    let runtime = node.runtime
    let listener = try await runtime.environment.network.listen(on: NetworkAddress(node.name, port))
    runtime.spawn {
        while let stream = try? await listener.accept() {
            runtime.spawn {
                while let bytes = try? await stream.receive(upTo: 1_000), !bytes.isEmpty {
                    guard (try? await stream.send(bytes)) != nil else { break }
                }
                stream.close()
            }
        }
    }
    return listener
}

private func receiveAll(_ stream: any NetworkConnection, count: Int) async throws -> [UInt8] {
    var all: [UInt8] = []
    while all.count < count {
        let bytes = try await stream.receive(upTo: 777)
        if bytes.isEmpty { break }
        all += bytes
    }
    return all
}

@Suite("Simulated network") struct SimulatedNetworkTests {
    @Test("A stream brings all it was given, in order, whatever the links lose and delay", arguments: Seeds(40))
    func streams(seed: UInt64) throws {
        let simulation = Simulation(seed: seed, keepsTasks: true)
        let (first, second) = (simulation.node("a"), simulation.node("b"))
        try simulation.run { simulation in
            var generator = SeededGenerator(seed: seed)
            simulation.network.conditions = LinkConditions(
                latency: .microseconds(10)...Duration.milliseconds(30),
                loss: Double(seed % 4) * 0.1
            )
            let listener = try await echo(second, port: 7)
            let stream = try await first.runtime.environment.network.connect(to: listener.address)
            #expect(stream.peer == NetworkAddress("b", 7))
            let bytes = (0..<Int.random(in: 1..<200_000, using: &generator)).map { UInt8(truncatingIfNeeded: $0 / 251) }
            simulation.runtime.spawn {
                var rest = bytes[...]
                while !rest.isEmpty {
                    guard (try? await stream.send(Array(rest.prefix(9_000)))) != nil else { return }
                    rest = rest.dropFirst(9_000)
                }
            }
            if seed.isMultiple(of: 3) { simulation.network.clog(from: "b", to: "a", for: .seconds(5)) }
            let received = try await receiveAll(stream, count: bytes.count)
            #expect(received == bytes)
            stream.close()
            listener.close()
            await #expect(throws: NetworkError.self) { try await stream.receive(upTo: 1) }
            await #expect(throws: NetworkError.self) { try await listener.accept() }
            try await simulation.runtime.sleep(for: .seconds(60))
        }
        try simulation.expectNoTaskWaits()
        #expect(simulation.clock.timerCount == 0)
    }

    @Test("Closing one end brings the other all that was sent, and then the end")
    func closing() throws {
        let simulation = Simulation(seed: 3)
        let (first, second) = (simulation.node("a"), simulation.node("b"))
        try simulation.run { _ in
            let listener = try await second.runtime.environment.network.listen(on: NetworkAddress("b", 0))
            #expect(listener.address.port >= 49_152)
            let here = try await first.runtime.environment.network.connect(to: listener.address)
            let there = try await listener.accept()
            try await here.send([1, 2, 3])
            here.close()
            #expect(try await there.receive(upTo: 2) == [1, 2])
            #expect(try await there.receive(upTo: 2) == [3])
            #expect(try await there.receive(upTo: 2).isEmpty)
            #expect(try await there.receive(upTo: 2).isEmpty)
        }
    }

    @Test("Nobody listening is a refusal, nobody there is a silence, and a machine knows its own addresses only")
    func refusals() throws {
        let simulation = Simulation(seed: 4)
        let node = simulation.node("a")
        _ = simulation.node("b")
        try simulation.run { simulation in
            let network = node.runtime.environment.network
            func code(_ body: () async throws -> Void) async -> NetworkError.Code? {
                do { try await body() } catch { return (error as? NetworkError)?.code }
                return nil
            }
            #expect(await code { _ = try await network.connect(to: NetworkAddress("b", 1)) } == .refused)
            simulation.network.partition(["a"], ["b"])
            #expect(await code { _ = try await network.connect(to: NetworkAddress("b", 1)) } == .timedOut)
            #expect(await code { _ = try await network.listen(on: NetworkAddress("b", 1)) } == .notHere)
            let listener = try await network.listen(on: NetworkAddress("a", 1))
            #expect(await code { _ = try await network.listen(on: NetworkAddress("a", 1)) } == .inUse)
            listener.close()
            try await network.listen(on: NetworkAddress("a", 1)).close()
            let none = RuntimeEnvironment.system(disk: SimulatedDisk()).network
            #expect(await code { _ = try await none.listen(on: NetworkAddress("a", 1)) } == NetworkError.Code.none)
        }
    }

    @Test(
        "A partition stalls a stream; one that ends in time loses nothing, one that does not breaks it",
        arguments: [5, 60]
    )
    func partitions(seconds: Int) throws {
        let simulation = Simulation(seed: 7)
        let (first, second) = (simulation.node("a"), simulation.node("b"))
        try simulation.run { simulation in
            let listener = try await echo(second, port: 7)
            let stream = try await first.runtime.environment.network.connect(to: listener.address)
            // One way only: what is asked arrives, no answer does.
            simulation.network.cut(from: "b", to: "a")
            try await stream.send([1, 2, 3])
            let answer = Lock<[UInt8]?>(nil)
            simulation.runtime.spawn {
                if let bytes = try? await receiveAll(stream, count: 3) { answer.withLock { $0 = bytes } }
            }
            try await simulation.never(for: .seconds(seconds), "it answers") { answer.withLock { $0 } != nil }
            simulation.network.heal()
            if seconds < 20 {
                try await simulation.eventually(within: .seconds(1)) { answer.withLock { $0 } == [1, 2, 3] }
            } else {
                // The other end has given up; this one finds out when it sends.
                try await stream.send([4])
                try await simulation.runtime.sleep(for: .seconds(1))
                await #expect(throws: NetworkError.self) { try await stream.send([5]) }
            }
        }
    }

    @Test("A machine that lost its power knows nothing of its streams, and says so when it is back")
    func powerLoss() throws {
        let simulation = Simulation(seed: 8)
        let (first, second) = (simulation.node("a"), simulation.node("b"))
        try simulation.run { simulation in
            let listener = try await echo(second, port: 7)
            let stream = try await first.runtime.environment.network.connect(to: listener.address)
            let before = second.runtime.environment.network
            second.powerOff(.dropAll)
            await #expect(throws: NetworkError.self) { try await before.listen(on: NetworkAddress("b", 9)) }
            let early = await #expect(throws: NetworkError.self) {
                try await first.runtime.environment.network.connect(to: listener.address)
            }
            #expect(early?.code == .timedOut)
            try await stream.send([1])
            let error = Lock<NetworkError?>(nil)
            simulation.runtime.spawn {
                do { _ = try await stream.receive(upTo: 1) } catch let found {
                    error.withLock { $0 = found as? NetworkError }
                }
            }
            try await simulation.never(for: .seconds(5), "it is broken") { error.withLock { $0 } != nil }
            second.powerOn()
            try await simulation.eventually(within: .seconds(1)) { error.withLock { $0?.code } == .broken }
            let again = try await echo(second, port: 7)
            let other = try await first.runtime.environment.network.connect(to: again.address)
            try await other.send([9])
            #expect(try await other.receive(upTo: 9) == [9])
        }
    }

    @Test("A reader that is cancelled waits no longer, and takes nothing")
    func cancellation() throws {
        let simulation = Simulation(seed: 9)
        let node = simulation.node("a")
        try simulation.run { simulation in
            let socket = try await node.runtime.environment.network.openDatagrams(on: NetworkAddress("a", 5))
            let failed = Lock<NetworkError?>(nil)
            let reader = simulation.runtime.spawn {
                do { _ = try await socket.receive() } catch { failed.withLock { $0 = error as? NetworkError } }
            }
            try await simulation.quiet()
            reader.cancel()
            await reader.value
            #expect(failed.withLock { $0?.code } == .cancelled)
            try socket.send([1], to: socket.address)
            #expect(try await socket.receive().bytes == [1])
        }
    }

    @Test("Datagrams come late, twice, in another order, or not at all; but whole, and only where they were sent")
    func datagrams() throws {
        var (lost, doubled, overtaken) = (0, 0, 0)
        for seed in 0..<30 as Range<UInt64> {
            let simulation = Simulation(seed: seed)
            let nodes = ["a", "b", "c"].map { simulation.node($0) }
            let received = try simulation.run { simulation -> [[Int]] in
                simulation.network.conditions = LinkConditions(
                    latency: .milliseconds(1)...Duration.milliseconds(5),
                    loss: 0.1,
                    duplication: 0.1
                )
                let boxes = Lock<[[Int]]>([[], [], []])
                var sockets: [any DatagramSocket] = []
                for (number, node) in nodes.enumerated() {
                    let socket = try await node.runtime.environment.network.openDatagrams(
                        on: NetworkAddress(node.name, 5)
                    )
                    sockets.append(socket)
                    if number != 2 { try socket.join("239.0.0.1") }
                    simulation.runtime.spawn {
                        while let (bytes, sender) = try? await socket.receive() {
                            let isWhole = bytes.count == 3 && sender == NetworkAddress("a", 5)
                            boxes.withLock { $0[number].append(isWhole ? Int(bytes[0]) : -1) }
                        }
                    }
                }
                for number in 0..<40 as Range<UInt8> {
                    try sockets[0].send([number, 0, 0], to: NetworkAddress("239.0.0.1", 5))
                    if number < 10 { try sockets[0].send([number, 0, 0], to: NetworkAddress("c", 5)) }
                    try sockets[0].send([number, 0, 0], to: NetworkAddress("nobody", 5))
                    try await simulation.runtime.sleep(for: .milliseconds(1))
                }
                try await simulation.runtime.sleep(for: .seconds(1))
                #expect(throws: NetworkError.self) {
                    try sockets[0].send([UInt8](repeating: 0, count: 65_508), to: NetworkAddress("c", 5))
                }
                for socket in sockets { socket.close() }
                return boxes.withLock { $0 }
            }
            for (number, box) in received.enumerated() {
                #expect(box.allSatisfy { 0..<(number == 2 ? 10 : 40) ~= $0 })
                lost += (number == 2 ? 10 : 40) - Set(box).count
                doubled += box.count - Set(box).count
                overtaken += zip(box, box.dropFirst()).count { $0 > $1 }
            }
        }
        // 2,700 were sent: with a tenth lost and a tenth doubled, these are far from what chance could do.
        #expect(150..<400 ~= lost && 150..<400 ~= doubled && overtaken > 300)
    }

    @Test("Equal seeds give equal traffic")
    func replay() throws {
        func run(_ seed: UInt64) throws -> UInt64 {
            let simulation = Simulation(seed: seed)
            let (first, second) = (simulation.node("a"), simulation.node("b"))
            try simulation.run { simulation in
                simulation.network.conditions.loss = 0.2
                let listener = try await echo(second, port: 7)
                let stream = try await first.runtime.environment.network.connect(to: listener.address)
                for number in 0..<20 as Range<UInt8> { try await stream.send([number]) }
                #expect(try await receiveAll(stream, count: 20) == Array(0..<20))
            }
            return simulation.trace
        }
        #expect(try (0..<10).map { try run($0) } == (0..<10).map { try run($0) })
    }
}
