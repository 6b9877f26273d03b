import Mangrove
import Testing

@testable import MangroveStore

@Suite("The gateway's socket")
struct GatewaySocketTests {
    private let event = NewEvent(
        id: EventID(high: 1, low: 2),
        type: "t ä",
        data: Array("{ \"n\" : 1.0 }".utf8),
        metadata: Array("null".utf8),
        tags: ["red", "grün"]
    )

    @Test("Every question arrives as it was asked, and every answer as it was given", arguments: [0, 5])
    func everyCall(_ nested: Int) async throws {
        let directory = try SocketDirectory(nested: nested)
        #expect(nested == 0 || directory.path.utf8.count > 300)
        let echo = EchoGateway()
        let server = try serve(echo, directory)
        let client = try await SocketGateway.connect(dataDirectory: directory.path)

        for expected in [ExpectedVersion.exactly(4), .noStream, .streamExists, .any] {
            let result = try await client.append(to: "s", stream: "x", expecting: expected, [event])
            #expect(result == AppendResult(stream: "x", version: 1, position: 7))
        }
        #expect(try await client.append(to: "s", stream: "x", expecting: .any, []).position == nil)
        let parts = [StreamBatch(stream: "x", events: [event, event]), StreamBatch(stream: "y", events: [])]
        #expect(try await client.append(to: "s", parts).map(\.version) == [2, 0])
        let events = try await client.read(from: "s", stream: "x", start: nil, count: 3, direction: .backward)
        #expect(events == echo.events("x", 0, 3))
        #expect(try await client.readAll(from: "s", start: 9, count: 2) == echo.events("all", 9, 2))
        #expect(try await client.version(of: "x", in: "s") == -1)
        #expect(try await client.streams(of: "s").map(\.stream) == ["a", "日本"])
        #expect(try await client.stores() == EchoGateway.infos)
        try await client.createStore("new")
        #expect(try await client.removeStore("old").kept == EchoGateway.kept[0])
        try await everyCallAboutStores(client)
        #expect(try await client.storeStatus("b") == EchoGateway.infos[1])
        #expect(try await client.storeConfiguration("b") == ["a": "", "b": "2"])
        for format in [TreeFormat.text, .json, .mermaid] {
            #expect(try await client.tree(format) == "tree as \(format.rawValue) 🌳")
        }
        try await client.crash("a/b", kill: true)
        #expect(try await client.verify("s") == EchoGateway.report)
        #expect(try await client.metrics() == "metrics 1\n")

        let asked = echo.asked.withLock { $0 }
        #expect(asked.count == 30)
        #expect(asked[0] == .append(store: "s", stream: "x", expected: .exactly(4), events: [event]))
        #expect(asked[5] == .appendParts(store: "s", parts: parts, conditions: []))
        #expect(asked[6] == .read(store: "s", stream: "x", start: nil, count: 3, direction: .backward))
        #expect(asked[27] == .crash(path: "a/b", kill: true))
        await server.stop()
    }

    private func everyCallAboutStores(_ client: SocketGateway) async throws {
        let configuration = EchoGateway.configuration
        try await client.createStore("set", configuration)
        try await client.requestStore("asked", configuration)
        #expect(
            try await client.removeStore("old", erasing: true)
                == RemovedStore(id: "old", kept: nil, directory: "/data/old")
        )
        try await client.requestRemoval(of: "old")
        #expect(try await client.keptStores() == EchoGateway.kept)
        try await client.reviveStore("old")
        try await client.eraseKeptStore("old")
        #expect(try await client.ownConfiguration(of: "set") == configuration)
        #expect(try await client.configureStore("set", configuration))
    }

    private static let errors: [StoreError] = [
        .limitReached(store: "x", StoreLimitUse(.memory, limit: 3, used: 4)),
        .wrongExpectedVersion(stream: "s", expected: .exactly(3), actual: -1),
        .wrongExpectedVersion(stream: "s", expected: .streamExists, actual: -1),
        .eventIDConflict(stream: "s", id: EventID(high: 1, low: 2), version: 9), .invalid("empty"), .noSuchStore("x"),
        .storeExists("x"), .damaged(store: "x", file: "f", offset: 1 << 40, what: "crc"),
        .unavailable(store: "x", why: "starting"), .outcomeUnknown(store: "x", why: "died"), .refused("no faults"),
        .streamDeleted("s"), .conditionFailed(.stream("a", .exactly(4)), actual: -1),
        .conditionFailed(
            .noneMatching(
                EventFilter([.init(types: ["a"], typePrefixes: ["b"], streamPrefix: "c", tags: ["d", "ä"])]),
                after: 7
            ),
            actual: 9
        ),
    ]

    @Test("Errors arrive as they were thrown", arguments: errors)
    func errorsTravel(_ error: StoreError) async throws {
        let directory = try SocketDirectory()
        let server = try serve(EchoGateway(error: error), directory)
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        await #expect(throws: error) { try await client.version(of: "x", in: "s") }
        await #expect(throws: error) { try await client.append(to: "s", stream: "x", expecting: .any, [event]) }
        await server.stop()
    }

    @Test("An answer larger than a frame arrives whole")
    func largeAnswers() async throws {
        let directory = try SocketDirectory()
        let echo = EchoGateway(size: 1 << 20)
        let server = try serve(echo, directory)
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        let events = try await client.readAll(from: "s", start: 0, count: 70)
        #expect(events.count == 70)
        #expect(events.last == echo.events("all", 0, 70).last)
        await server.stop()
    }

    @Test("A request larger than a frame is refused before it is sent, and the connection stays good")
    func largeRequest() async throws {
        let directory = try SocketDirectory()
        let server = try serve(EchoGateway(), directory)
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        let large = NewEvent(id: event.id, type: "t", data: [UInt8](repeating: 0x31, count: Frame.maximumLength))
        let error = await #expect(throws: StoreError.self) {
            try await client.append(to: "s", [.init(stream: "x", events: [large])])
        }
        guard case .invalid? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try await client.stores().count == EchoGateway.infos.count)
        await server.stop()
    }

    @Test("Many calls at once share a connection, and each gets its own answer")
    func multiplexing() async throws {
        let directory = try SocketDirectory()
        let server = try serve(EchoGateway(), directory)
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let events = try await client.read(
                        from: "s",
                        stream: "x\(number)",
                        start: number,
                        count: 1,
                        direction: .forward
                    )
                    #expect(events.first?.stream == "x\(number)")
                    #expect(events.first?.version == number)
                }
            }
            try await group.waitForAll()
        }
        await server.stop()
    }

    @Test("Requests beyond what a connection may have under way wait")
    func backPressure() async throws {
        let directory = try SocketDirectory()
        let echo = EchoGateway(waits: true)
        let server = try serve(echo, directory)
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        let limit = GatewayServer.callsPerConnection
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<limit + 10 { group.addTask { _ = try await client.stores() } }
            await echo.gate.arrived(limit)
            // Another connection gets through while the first is held back, and so has every chance to go first.
            let other = try await SocketGateway.connect(dataDirectory: directory.path)
            group.addTask { _ = try await other.stores() }
            await echo.gate.arrived(limit + 1)
            #expect(await echo.gate.count == limit + 1)
            await echo.gate.open()
            try await group.waitForAll()
        }
        #expect(await echo.gate.count == limit + 11)
        await server.stop()
    }

    @Test("Only the owner may connect")
    func permissions() async throws {
        let directory = try SocketDirectory()
        let server = try serve(EchoGateway(), directory)
        #expect(directory.socketMode == 0o600)
        await server.stop()
        #expect(directory.socketMode == nil)
    }

    @Test("Where nobody serves, that is said", arguments: [0, 5])
    func nobody(_ nested: Int) async throws {
        let directory = try SocketDirectory(nested: nested)
        var error = await #expect(throws: SocketError.self) {
            try await SocketGateway.connect(dataDirectory: directory.path)
        }
        #expect(error?.code == .nobodyServing)
        error = await #expect(throws: SocketError.self) {
            try await SocketGateway.connect(dataDirectory: directory.path + "/missing")
        }
        #expect(error?.code == .nobodyServing)
    }

    @Test("A socket that a killed owner left is replaced", arguments: [0, 5])
    func leftover(_ nested: Int) async throws {
        let directory = try SocketDirectory(nested: nested)
        // Listened on and let go of without being removed, as when its owner is killed.
        _ = try SocketAddress(directory: directory.path).listen()
        #expect(directory.socketMode == 0o600)
        let error = await #expect(throws: SocketError.self) {
            try await SocketGateway.connect(dataDirectory: directory.path)
        }
        #expect(error?.code == .nobodyServing)
        let server = try serve(EchoGateway(), directory)
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        #expect(try await client.stores().count == EchoGateway.infos.count)
        await server.stop()
    }

    @Test("Something else in the socket's place is left alone")
    func inTheWay() throws {
        let directory = try SocketDirectory()
        directory.putFileInTheWay()
        let error = #expect(throws: SocketError.self) { try serve(EchoGateway(), directory) }
        #expect(error?.code == .inTheWay)
    }

    @Test("A directory that is not there cannot be served")
    func missingDirectory() throws {
        let directory = try SocketDirectory()
        let error = #expect(throws: SocketError.self) {
            try GatewayServer.start(dataDirectory: directory.path + "/missing", gateway: EchoGateway()) { _ in }
        }
        #expect(error?.code == .system(2))
    }

    @Test("Work that is never run is answered as unavailable")
    func droppedWork() async throws {
        let directory = try SocketDirectory()
        let server = try GatewayServer.start(dataDirectory: directory.path, gateway: EchoGateway()) { _ in }
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        await #expect(throws: StoreError.unavailable(store: "s", why: "the node is stopping")) {
            try await client.version(of: "x", in: "s")
        }
        await server.stop()
    }
}
