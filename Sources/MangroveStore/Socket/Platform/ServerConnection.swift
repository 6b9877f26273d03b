import Mangrove

/// The node's side of one connection: a thread that reads requests and one that writes answers. What happens in between
/// is somebody else's, and takes neither thread's time.
final class ServerConnection: Sendable {
    /// Carries a request out and then calls the function it was given, once, with the answer.
    typealias Handler =
        @Sendable (TaggedRequest, @escaping @Sendable (Result<GatewayReply, StoreError>) -> Void) -> Void

    private let socket: UnixSocket
    private let machine: WaitableState<ServerConnectionMachine>
    private let handler: Handler
    private let readingEnded: @Sendable () -> Void

    /// - Parameter readingEnded: called once no more requests can come.
    init(
        socket: UnixSocket,
        limit: Int,
        readingEnded: @escaping @Sendable () -> Void = {},
        handler: @escaping Handler
    ) {
        self.socket = socket
        self.readingEnded = readingEnded
        self.handler = handler
        machine = WaitableState(ServerConnectionMachine(limit: limit))
    }

    /// Starts the connection's threads.
    /// - Parameter ended: called when both are gone.
    /// - Returns: whether there was a thread for it; if not, `ended` is not called.
    func start(ended: @escaping @Sendable () -> Void) -> Bool {
        SystemThread.start("grove-socket-read") {
            self.run()
            ended()
        }
    }

    /// Takes no more requests than have come already; they are carried out and answered.
    ///
    /// The reading thread is not told: it comes upon the end when it has read what is there.
    func finish() {
        socket.shutdown(.reading)
    }

    /// Ends the connection at once.
    func cut() {
        machine.update { $0.cutOff() }
        socket.shutdown(.both)
    }

    private func run() {
        socket.limitWaiting(seconds: greetingSeconds)
        guard let greeting = socket.receive(Greeting.length), let version = Greeting.version(in: greeting) else {
            return
        }
        // Another version is told ours before it is left, so that it can say what is wrong.
        guard socket.send(Greeting.bytes()), version == Greeting.version else { return }
        socket.limitWaiting(seconds: 0)
        guard SystemThread.start("grove-socket-write", { self.write() }) else { return }
        read()
        readingEnded()
        machine.wait { $0.writerEnded ? () : nil }
    }

    private func read() {
        while machine.wait({ $0.nextToRead() }) == .next {
            guard let prefix = socket.receive(Frame.prefixLength) else { break }
            do throws(WireError) {
                let length = try Frame.length(prefix: prefix, limit: Frame.maximumLength)
                guard let body = socket.receive(length) else { break }
                let frame = try Frame(decoding: body)
                guard frame.kind == .request, frame.call != 0 else { throw WireError(what: "a request") }
                take(frame)
            } catch {
                // The bytes that follow cannot be trusted to begin a frame, so this is the end of the connection.
                let answer = Frame.answer(.failure(.invalid("expected \(error.what)")), to: 0)
                machine.update { $0.endReading(answer.first) }
                return
            }
        }
        machine.update { $0.endReading() }
    }

    private func take(_ frame: Frame) {
        machine.update { $0.began() }
        let answer: @Sendable (Result<GatewayReply, StoreError>) -> Void = { result in
            let frames = Frame.answer(result, to: frame.call)
            self.machine.update { $0.answered(frames) }
        }
        do throws(WireError) {
            handler(try TaggedRequest(decoding: frame.payload), answer)
        } catch {
            answer(.failure(.invalid("the node does not understand the request: expected \(error.what)")))
        }
    }

    private func write() {
        while case .frame(let frame) = machine.wait({ $0.nextToWrite() }) {
            guard socket.send(frame.encoded) else { break }
        }
        socket.shutdown(.both)
        machine.update { $0.endWriting() }
    }
}
