import Mangrove
import Testing

@testable import MangroveStore

@Suite("Ends of connections")
struct SocketEndingsTests {
    private let event = NewEvent(id: EventID(high: 1, low: 2), type: "t", data: Array("1".utf8))

    private func isUnavailable(_ error: StoreError?) -> Bool {
        if case .unavailable? = error { true } else { false }
    }

    private func isUnknown(_ error: StoreError?) -> Bool {
        if case .outcomeUnknown? = error { true } else { false }
    }

    @Test("When the node goes away in the middle, appends have an unknown outcome and reads can be made again")
    func nodeGoesAway() async throws {
        let directory = try SocketDirectory()
        let echo = EchoGateway(waits: true)
        let server = try serve(echo, directory)
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        async let append = #expect(throws: StoreError.self) {
            try await client.append(to: "s", stream: "x", expecting: .any, [event])
        }
        async let create = #expect(throws: StoreError.self) { try await client.createStore("new") }
        async let read = #expect(throws: StoreError.self) { try await client.readAll(from: "s", start: 0, count: 1) }
        await echo.gate.arrived(3)
        server.close()
        #expect(isUnknown(await append))
        #expect(isUnknown(await create))
        #expect(isUnavailable(await read))
        let later = await #expect(throws: StoreError.self) {
            try await client.append(to: "s", stream: "x", expecting: .any, [event])
        }
        #expect(isUnavailable(later))
        await echo.gate.open()
        await server.stop()
    }

    @Test("What is not answered in time says whether its outcome is open, and the connection goes on")
    func late() async throws {
        let directory = try SocketDirectory()
        let echo = EchoGateway(waits: true)
        let server = try serve(echo, directory)
        let client = try await SocketGateway.connect(dataDirectory: directory.path, answerWithin: .milliseconds(50))
        async let append = #expect(throws: StoreError.self) {
            try await client.append(to: "s", stream: "x", expecting: .any, [event])
        }
        async let read = #expect(throws: StoreError.self) { try await client.readAll(from: "s", start: 0, count: 1) }
        #expect(isUnknown(await append))
        #expect(await read == .unavailable(store: "s", why: "there was no answer within \(Duration.milliseconds(50))"))
        await echo.gate.open()
        // However slow this machine is, one of them is answered.
        while (try? await client.version(of: "x", in: "s")) == nil { await Task.yield() }
        client.close()
        await server.stop()
    }

    @Test("A node that stops in order answers what is under way and takes nothing more")
    func orderlyStop() async throws {
        let directory = try SocketDirectory()
        let echo = EchoGateway(waits: true)
        let server = try serve(echo, directory)
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        async let append = client.append(to: "s", stream: "x", expecting: .any, [event])
        await echo.gate.arrived(1)
        async let stopped: Void = server.stop()
        // The socket is gone from the beginning of the stop on.
        while directory.socketMode != nil { await Task.yield() }
        let error = await #expect(throws: SocketError.self) {
            try await SocketGateway.connect(dataDirectory: directory.path)
        }
        #expect(error?.code == .nobodyServing)
        await echo.gate.open()
        #expect(try await append.version == 1)
        await stopped
        let later = await #expect(throws: StoreError.self) { try await client.stores() }
        #expect(isUnavailable(later))
    }

    @Test("A stop that is cancelled cuts what is under way")
    func cancelledStop() async throws {
        let directory = try SocketDirectory()
        let echo = EchoGateway(waits: true)
        let server = try serve(echo, directory)
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        async let append = #expect(throws: StoreError.self) {
            try await client.append(to: "s", [.init(stream: "x", events: [event])])
        }
        await echo.gate.arrived(1)
        let stop = Task { await server.stop() }
        stop.cancel()
        await stop.value
        #expect(isUnknown(await append))
        await echo.gate.open()
    }

    @Test("Stopping twice, or after closing, is fine")
    func twice() async throws {
        let directory = try SocketDirectory()
        let server = try serve(EchoGateway(), directory)
        await server.stop()
        await server.stop()
        server.close()
        // Another owner's socket is not touched by any of that.
        let next = try serve(EchoGateway(), directory)
        server.close()
        #expect(directory.socketMode == 0o600)
        await next.stop()
    }

    @Test("A closed gateway refuses calls, and fails those under way")
    func clientCloses() async throws {
        let directory = try SocketDirectory()
        let echo = EchoGateway(waits: true)
        let server = try serve(echo, directory)
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        async let read = #expect(throws: StoreError.self) { try await client.stores() }
        await echo.gate.arrived(1)
        client.close()
        client.close()
        #expect(isUnavailable(await read))
        let later = await #expect(throws: StoreError.self) { try await client.stores() }
        #expect(isUnavailable(later))
        await echo.gate.open()
        await server.stop()
    }

    @Test("A cancelled caller stops waiting, and its connection goes on")
    func cancelledCaller() async throws {
        let directory = try SocketDirectory()
        let echo = EchoGateway(waits: true)
        let server = try serve(echo, directory)
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        let event = event
        let append = Task { try await client.append(to: "s", [.init(stream: "x", events: [event])]) }
        await echo.gate.arrived(1)
        append.cancel()
        let error = await #expect(throws: StoreError.self) { try await append.value }
        #expect(isUnknown(error))
        await echo.gate.open()
        #expect(try await client.stores().count == EchoGateway.infos.count)
        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.append(to: "s", [.init(stream: "x", events: [event])])
        }
        #expect(isUnavailable(await #expect(throws: StoreError.self) { try await early.value }))
        await server.stop()
    }

    /// What a server that is given these bytes answers until it ends the connection.
    private func answer(to bytes: [UInt8], _ directory: SocketDirectory) async -> [UInt8] {
        let address = SocketAddress(directory: directory.path)
        return await onThread {
            guard let socket = try? address.connect(), socket.send(bytes) else { return [] }
            socket.limitWaiting(seconds: 30)
            var answer: [UInt8] = []
            while let byte = socket.receive(1) { answer += byte }
            return answer
        }
    }

    @Test("A server ends connections of strangers, and goes on serving")
    func strangers() async throws {
        let directory = try SocketDirectory()
        let server = try serve(EchoGateway(), directory)
        #expect(await answer(to: Array("GET / HTTP/1.1\r\n\r\n".utf8), directory).isEmpty)
        #expect(await answer(to: Greeting.bytes(version: 9), directory) == Greeting.bytes())
        // A length beyond the limit, one too short for a header, a kind that is none, and a reply instead of a request.
        let bodies: [[UInt8]] = [
            [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 1], [0, 0, 0, 9, 77] + [UInt8](repeating: 0, count: 8),
            Frame(kind: .reply, call: 1, payload: []).encoded, Frame(kind: .request, call: 0, payload: []).encoded,
        ]
        for body in bodies {
            let answer = await answer(to: Greeting.bytes() + body, directory)
            #expect(answer.starts(with: Greeting.bytes()))
            let frame = try Frame(decoding: Array(answer.dropFirst(Greeting.length + Frame.prefixLength)))
            #expect(frame.kind == .failure)
            #expect(frame.call == 0)
        }
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        #expect(try await client.stores().count == EchoGateway.infos.count)
        await server.stop()
    }

    @Test("A request that makes no sense is answered with an error, and the connection goes on")
    func nonsenseRequest() async throws {
        let directory = try SocketDirectory()
        let server = try serve(EchoGateway(), directory)
        let address = SocketAddress(directory: directory.path)
        let kinds = await onThread { () -> [Frame.Kind?] in
            guard let socket = try? address.connect(), socket.send(Greeting.bytes()) else { return [] }
            _ = socket.receive(Greeting.length)
            socket.limitWaiting(seconds: 0)
            let payloads: [[UInt8]] = [
                [], [99], [2, 0xFF, 0xFF, 0xFF, 0xFF], [4, 0, 0, 0, 1, 0xFF], GatewayRequest.stores.encoded + [0],
                [1, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF, 0xFF], GatewayRequest.stores.encoded,
            ]
            return payloads.enumerated().map { index, payload in
                _ = socket.send(Frame(kind: .request, call: UInt64(index + 1), payload: payload).encoded)
                guard let prefix = socket.receive(Frame.prefixLength),
                    let length = try? Frame.length(prefix: prefix, limit: Frame.maximumLength),
                    let body = socket.receive(length), let frame = try? Frame(decoding: body),
                    frame.call == UInt64(index + 1)
                else { return nil }
                return frame.kind
            }
        }
        #expect(kinds == [.failure, .failure, .failure, .failure, .failure, .failure, .reply])
        await server.stop()
    }

    /// A server that does what it is told with its first connection, and how a client that connects and asks fares.
    private func client(
        of script: @escaping @Sendable (UnixSocket) -> Void
    ) async throws -> (SocketError?, StoreError?) {
        let directory = try SocketDirectory()
        let socket = try SocketAddress(directory: directory.path).listen()
        let acceptor = try #require(SocketAcceptor(socket))
        // Started from here and not by a task, which might have to wait for a thread longer than the client waits for us.
        let (served, ending) = AsyncStream<Never>.makeStream()
        SystemThread.start("test") {
            if let connection = acceptor.next() { script(connection) }
            ending.finish()
        }
        defer { acceptor.stop() }
        do throws(SocketError) {
            let client = try await SocketGateway.connect(dataDirectory: directory.path)
            let error = await #expect(throws: StoreError.self) { try await client.createStore("new") }
            for await _ in served {}
            return (nil, error)
        } catch {
            for await _ in served {}
            return (error, nil)
        }
    }

    @Test("A client says so when what it finds is no node, or another version")
    func wrongServers() async throws {
        let stranger = try await client { _ = $0.send(Array("220 smtp".utf8)) }
        #expect(stranger.0?.code == .notANode)
        let silent = try await client { _ = $0.receive(Greeting.length) }
        #expect(silent.0?.code == .notANode)
        let newer = try await client { socket in
            _ = socket.receive(Greeting.length)
            _ = socket.send(Greeting.bytes(version: Greeting.version + 1))
        }
        #expect(newer.0?.code == .wrongVersion(Greeting.version + 1))
    }

    private static let nonsense: [[UInt8]] = [
        [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 2, 0, 0], Frame(kind: .request, call: 1, payload: []).encoded,
        Frame(kind: .reply, call: 1, payload: [99]).encoded, Frame(kind: .reply, call: 1, payload: []).encoded,
        Frame(kind: .failure, call: 1, payload: [99]).encoded, Frame(kind: .reply, call: 1, payload: [4, 0]).encoded,
        Frame(kind: .reply, call: 1, payload: GatewayReply.version(3).encoded).encoded, [0, 0, 1, 0, 3], [],
    ]

    @Test("A client takes an answer that makes no sense for an unknown outcome", arguments: nonsense)
    func nonsenseAnswers(_ bytes: [UInt8]) async throws {
        let result = try await client { socket in
            _ = socket.receive(Greeting.length)
            _ = socket.send(Greeting.bytes())
            // The whole request: length, kind, number, what it is, and "new".
            _ = socket.receive(Frame.prefixLength + Frame.headerLength + 1 + 4 + 3)
            _ = socket.send(bytes)
        }
        #expect(isUnknown(result.1))
    }
}
