import Mangrove

/// Serves a gateway to other programs of the same user, over the socket `grove.sock` in the node's data directory.
///
/// The socket is the owner's alone (mode 0600), and the directory's path may be of any length. Sockets are read and written
/// on threads of their own; each request is carried out in a task that the caller's `spawn` makes. At most
/// ``callsPerConnection`` requests of one connection are under way at a time; further ones are not read until an answer
/// has left, so a client that asks faster than it listens has to wait.
public final class GatewayServer: Sendable {
    /// How many connections may be open at a time; further ones are closed at once.
    public static let maximumConnections = 128
    /// How many requests of one connection may be under way at a time.
    public static let callsPerConnection = 32

    /// Runs work in a task. If it drops the work without running it, the request is answered as unavailable.
    public typealias Spawn = @Sendable (@escaping @Sendable () async -> Void) -> Void

    private struct State {
        var connections: [Int: ServerConnection] = [:]
        var lastConnection = 0
        var stopping = false
        var accepting = true
        var waiters: [CheckedContinuation<Void, Never>] = []

        var isOver: Bool { !accepting && connections.isEmpty }

        /// Those who waited for the end, if it has come.
        mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
            guard isOver else { return [] }
            defer { waiters = [] }
            return waiters
        }
    }

    private let address: SocketAddress
    private let acceptor: SocketAcceptor
    private let makeHandler: @Sendable (SubscriptionDesk) -> ServerConnection.Handler
    private let state = Lock(State())

    private init(
        address: SocketAddress,
        acceptor: SocketAcceptor,
        makeHandler: @escaping @Sendable (SubscriptionDesk) -> ServerConnection.Handler
    ) {
        self.address = address
        self.acceptor = acceptor
        self.makeHandler = makeHandler
    }

    /// Begins to serve.
    ///
    /// - Parameter dataDirectory: where the socket is made. The caller must hold the directory's lock: a socket that is
    ///   already there is taken for what a killed owner left, and replaced.
    /// - Parameter gateway: what answers.
    /// - Parameter rules: what each connection may do; everything, unless given.
    /// - Parameter spawn: makes the tasks that requests are carried out in.
    /// - Throws: ``SocketError``; nothing is served and no socket left behind.
    public static func start(
        dataDirectory: String,
        gateway: any Gateway,
        rules: ConnectionRules? = nil,
        spawn: @escaping Spawn
    ) throws(SocketError) -> GatewayServer {
        let address = SocketAddress(directory: dataDirectory)
        let socket = try address.listen()
        guard let acceptor = SocketAcceptor(socket) else {
            address.remove()
            throw SocketError(.noThread, "listen", address.path)
        }
        let server = GatewayServer(address: address, acceptor: acceptor) { desk in
            let door = ConnectionDoor(rules)
            let log = rules?.log
            return { tagged, answer in
                let (id, request, begin) = (tagged.id, tagged.request, log?.now)
                let answer = AnswerOnce(store: request.store) { result in
                    // First the log, so that whoever has the answer finds it there.
                    if let log, let begin { log.note(id, request, result.error, since: begin) }
                    answer(result)
                }
                if let reply = door.replyInPlace(of: request) { return answer.give(reply) }
                let (attributed, pass) = (door.attributed(request), door.pass)
                spawn {
                    // What the node itself asks of others for it has the same id.
                    let result = await RequestID.$current.withValue(id) {
                        await attributed.perform(on: gateway, desk: desk, pass: pass)
                    }
                    answer.give(result)
                }
            }
        }
        guard SystemThread.start("grove-socket-accept", { server.accept() }) else {
            address.remove()
            throw SocketError(.noThread, "listen", address.path)
        }
        return server
    }

    /// Stops in order: takes no more connections or requests, removes the socket, and returns when every request under way
    /// has been answered.
    ///
    /// That takes as long as the gateway and the clients take. Cancelled, it does what ``close()`` does, so give it as much
    /// time as there is and cancel it then. Twice is fine.
    public func stop() async {
        for connection in beginStopping() { connection.finish() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let over = state.withLock { state in
                    if !state.isOver { state.waiters.append(waiter) }
                    return state.isOver
                }
                if over { waiter.resume() }
            }
        } onCancel: {
            close()
        }
    }

    /// Stops at once: as ``stop()``, but connections are cut, whatever is under way on them. Does not wait.
    public func close() {
        for connection in beginStopping() { connection.cut() }
    }

    /// Takes no more connections from now on. The socket is removed first, so that whoever comes next finds nobody there.
    private func beginStopping() -> [ServerConnection] {
        let (first, connections) = state.withLock { state in
            defer { state.stopping = true }
            return (!state.stopping, Array(state.connections.values))
        }
        if first {
            address.remove()
            acceptor.stop()
        }
        return connections
    }

    private func accept() {
        while let socket = acceptor.next() {
            // What a client has open ends with the requests it can make: also when the node stops.
            let desk = SubscriptionDesk()
            let connection = ServerConnection(
                socket: socket,
                limit: Self.callsPerConnection,
                readingEnded: { desk.close() },
                handler: makeHandler(desk)
            )
            let number: Int? = state.withLock { state in
                guard !state.stopping, state.connections.count < Self.maximumConnections else { return nil }
                state.lastConnection += 1
                state.connections[state.lastConnection] = connection
                return state.lastConnection
            }
            guard let number else { continue }
            if !connection.start(ended: { self.ended(number) }) { ended(number) }
        }
        let waiters = state.withLock { state in
            state.accepting = false
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    private func ended(_ number: Int) {
        let waiters = state.withLock { state in
            state.connections[number] = nil
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }
}

extension Result where Failure == StoreError {
    fileprivate var error: StoreError? {
        if case .failure(let error) = self { error } else { nil }
    }
}

/// The obligation to answer a request: kept by the task that carries it out, and met on its behalf if that never runs.
private final class AnswerOnce: Sendable {
    private let store: String
    private let answer: Lock<(@Sendable (Result<GatewayReply, StoreError>) -> Void)?>

    init(store: String, _ answer: @escaping @Sendable (Result<GatewayReply, StoreError>) -> Void) {
        self.store = store
        self.answer = Lock(answer)
    }

    deinit {
        give(.failure(.unavailable(store: store, why: "the node is stopping")))
    }

    func give(_ result: Result<GatewayReply, StoreError>) {
        let answer = answer.withLock { answer in
            defer { answer = nil }
            return answer
        }
        answer?(result)
    }
}
