import Mangrove

/// A client's connection: one thread that reads and completes calls, one that writes, and tasks that wait without blocking.
final class ClientConnection: Sendable {
    private typealias Waiter = @Sendable (Result<[UInt8], StoreError>) -> Void

    private let socket: UnixSocket
    private let machine = WaitableState(ClientMachine<Waiter>())
    /// How long a call may not be heard of.
    private let limit: Duration?
    private static let clock = ContinuousClock()
    private let start = clock.now

    private init(socket: UnixSocket, limit: Duration?) {
        self.socket = socket
        self.limit = limit
    }

    /// Connects and exchanges greetings, all on the thread that will read.
    /// - Parameter limit: how long a call may not be heard of, if that is limited.
    /// - Throws: ``SocketError``.
    static func open(
        _ address: SocketAddress,
        limit: Duration? = nil
    ) async throws(SocketError) -> ClientConnection {
        let result: Result<ClientConnection, SocketError> = await withCheckedContinuation { waiter in
            let started = SystemThread.start("grove-socket-read") {
                do throws(SocketError) {
                    let connection = try greet(address, limit)
                    guard SystemThread.start("grove-socket-write", { connection.write() }) else {
                        throw SocketError(.noThread, "connect", address.path)
                    }
                    waiter.resume(returning: .success(connection))
                    connection.read()
                } catch {
                    waiter.resume(returning: .failure(error))
                }
            }
            if !started { waiter.resume(returning: .failure(SocketError(.noThread, "connect", address.path))) }
        }
        return try result.get()
    }

    private static func greet(_ address: SocketAddress, _ limit: Duration?) throws(SocketError) -> ClientConnection {
        let socket = try address.connect()
        guard socket.send(Greeting.bytes()), let answer = socket.receive(Greeting.length),
            let version = Greeting.version(in: answer)
        else { throw SocketError(.notANode, "connect", address.path) }
        guard version == Greeting.version else {
            throw SocketError(.wrongVersion(version), "connect", address.path)
        }
        socket.limitWaiting(seconds: 0)
        // A node that stops in the middle of an answer has not answered either.
        if let limit { socket.limitWaiting(seconds: Int(limit.components.seconds) + 1, toReceive: true) }
        return ClientConnection(socket: socket, limit: limit)
    }

    /// Makes a call and waits for the bytes of its reply.
    ///
    /// A cancelled caller stops waiting at once. Calls may be made by any number of tasks at a time.
    func call(_ request: GatewayRequest) async throws(StoreError) -> [UInt8] {
        let payload = TaggedRequest(id: RequestID.current, request).encoded
        guard payload.count <= Frame.maximumLength - Frame.headerLength else {
            throw .invalid("the request has \(payload.count) bytes; the limit is \(Frame.maximumLength)")
        }
        let asked = limit == nil || request.waitsForNews ? nil : now
        let number = machine.update {
            $0.reserve(store: request.store, changesSomething: request.changesSomething, now: asked)
        }
        let frame = Frame(kind: .request, call: number, payload: payload).encoded
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                carryOut(machine.update { $0.admit(number, frame) { waiter.resume(returning: $0) } })
            }
        } onCancel: {
            carryOut(machine.update { $0.cancel(number) })
        }
        return try result.get()
    }

    /// Makes a call whose reply nobody waits for.
    func tell(_ request: GatewayRequest) {
        let number = machine.update { $0.reserve(store: request.store, changesSomething: false) }
        let frame = Frame(kind: .request, call: number, payload: request.encoded).encoded
        carryOut(machine.update { $0.admit(number, frame) { _ in } })
    }

    /// Ends the connection and every call that is under way.
    func close(_ why: String = "the connection to the node was closed") {
        end(why)
    }

    private func write() {
        while case .frame(let call, let bytes) = machine.wait({ $0.nextToSend() }) {
            guard socket.send(bytes) else {
                machine.update { $0.sendingFailed(call, Self.lost) }.forEach { carryOut($0) }
                return
            }
        }
    }

    private var now: UInt64 {
        UInt64((Self.clock.now - start).wholeNanoseconds)
    }

    /// Waits for the beginning of the next frame, and meanwhile ends calls that have waited for too long.
    private func awaitFrame() {
        guard let limit else { return }
        let pace = Int32(clamping: min(1_000, max(1, limit.wholeNanoseconds / 4_000_000)))
        while true {
            let now = now
            let first = now.subtractingReportingOverflow(UInt64(limit.wholeNanoseconds))
            if !first.overflow {
                machine.update { $0.expire(before: first.partialValue, "there was no answer within \(limit)") }
                    .forEach { carryOut($0) }
            }
            if socket.awaitInput(milliseconds: pace) { return }
        }
    }

    private func read() {
        awaitFrame()
        while let prefix = socket.receive(Frame.prefixLength) {
            do throws(WireError) {
                let length = try Frame.length(prefix: prefix, limit: Frame.maximumLength)
                guard let body = socket.receive(length) else { break }
                try take(Frame(decoding: body))
            } catch {
                return end("the node's answer makes no sense: expected \(error.what)")
            }
            awaitFrame()
        }
        end(Self.lost)
    }

    private func take(_ frame: Frame) throws(WireError) {
        switch frame.kind {
        case .request: throw WireError(what: "an answer")
        case .part:
            let now = now
            machine.update { $0.received(frame.payload, for: frame.call, now: now) }
        case .reply: carryOut(machine.update { $0.received(last: frame.payload, for: frame.call) })
        case .failure:
            var reader = WireReader(frame.payload)
            let error = try reader.storeError()
            guard frame.call != 0 else { return end("the node ended the connection: \(error)") }
            carryOut(machine.update { $0.received(error, for: frame.call) })
        }
    }

    private func end(_ why: String) {
        machine.update { $0.end(why) }.forEach { carryOut($0) }
        socket.shutdown(.both)
    }

    private func carryOut(_ completion: ClientMachine<Waiter>.Completion?) {
        if let completion { completion.waiter(completion.result) }
    }

    private static let lost = "the connection to the node was lost"
}
