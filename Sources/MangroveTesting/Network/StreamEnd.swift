internal import Mangrove

/// Takes the streams that others open to an address of a simulated network.
final class SimulatedListener: NetworkListener, NetworkWaiting {
    let address: NetworkAddress
    private let network: SimulatedNetwork
    private let inbox: NetworkInbox<StreamEnd>

    init(_ network: SimulatedNetwork, _ address: NetworkAddress) {
        self.network = network
        self.address = address
        inbox = NetworkInbox("accept", address)
    }

    func accept() async throws(NetworkError) -> any NetworkConnection { try await inbox.take() }

    func take(_ end: StreamEnd) { inbox.put(end) }

    func close() {
        network.state.withLock { state in
            if state.listeners[address] === self { state.listeners[address] = nil }
        }
        for end in inbox.end(.closed, discarding: true) { end.close() }
    }

    func lose() { inbox.end(.closed, discarding: true) }
}

/// One end of a simulated stream.
///
/// ```
///  opening ──the other machine agreed──▶ open ──close──▶ closed
///     │ refused, or patience is over       │ patience is over, or the other end is gone
///     ▼                                    ▼
///   ended                                broken
/// ```
final class StreamEnd: NetworkConnection, NetworkWaiting {
    struct ID: Hashable, Comparable, Sendable {
        var connection: Int
        var isOpener: Bool

        var other: ID { ID(connection: connection, isOpener: !isOpener) }

        static func < (first: ID, second: ID) -> Bool {
            (first.connection, first.isOpener ? 0 : 1) < (second.connection, second.isOpener ? 0 : 1)
        }
    }

    private enum Segment: Sendable {
        case bytes([UInt8])
        case end
    }

    private struct State {
        /// The number of the next piece to be sent.
        var next = 0
        /// The number of the piece that comes next, and those that came before their time.
        var expected = 0
        var early: [Int: Segment] = [:]
        /// Bytes sent that the other end's reader has not taken.
        var untaken = 0
        var writer: UnsafeContinuation<Void, Never>?
        var end: NetworkError.Code?
    }

    /// Bytes under way and waiting to be read, at most, but for the piece that exceeds it.
    private static let window = 64 << 10
    private static let retryPause = Duration.milliseconds(200)

    let id: ID
    let peer: NetworkAddress
    private let here: NetworkAddress
    private let network: SimulatedNetwork
    private let inbox: NetworkInbox<[UInt8]>
    private let opened: NetworkInbox<Void>
    private let state = Lock(State())

    var host: String { here.host }

    init(_ network: SimulatedNetwork, _ id: ID, here: NetworkAddress, peer: NetworkAddress) {
        self.network = network
        self.id = id
        self.here = here
        self.peer = peer
        inbox = NetworkInbox("receive", peer)
        opened = NetworkInbox("connect", peer)
    }

    // MARK: Opening

    /// Asks the other machine, again and again, until it answers or patience is over.
    func open() async throws(NetworkError) {
        ask(until: network.clock.time.advanced(by: network.patience))
        do throws(NetworkError) {
            try await opened.take()
        } catch {
            fail(error.code, forgetting: true)
            throw error
        }
    }

    private func ask(until deadline: RuntimeInstant) {
        guard !opened.isEnded, state.withLock({ $0.end == nil }) else { return }
        guard network.clock.time < deadline else { return opened.end(.timedOut).forEach { $0 } }
        network.carry(from: host, to: peer.host) { [self] in answerOpening() }
        _ = network.clock.schedule(after: Self.retryPause) { [self] in ask(until: deadline) }
    }

    /// On the other machine: agrees if somebody listens, and refuses if the machine is there and nobody does.
    private func answerOpening() {
        let other = network.state.withLock { state -> (end: StreamEnd, isNew: Bool)? in
            if let there = state.ends[id.other] { return (there, false) }
            guard let listener = state.listeners[peer] else { return nil }
            let end = StreamEnd(network, id.other, here: peer, peer: here)
            state.ends[end.id] = end
            listener.take(end)
            return (end, true)
        }
        let isThere = other != nil
        network.carry(from: peer.host, to: host) { [self] in
            if isThere {
                opened.put(())
                opened.end(.closed)
            } else {
                opened.end(.refused)
            }
        }
    }

    // MARK: Sending

    func send(_ bytes: [UInt8]) async throws(NetworkError) {
        guard !bytes.isEmpty else { return }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                let isReady = state.withLock { state -> Bool in
                    if state.end != nil || state.untaken < Self.window || Task.isCancelled { return true }
                    state.writer = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.writer.take() }?.resume()
        }
        if Task.isCancelled { throw NetworkError(.cancelled, "send", peer) }
        let number = try state.withLock { state throws(NetworkError) in
            if let end = state.end { throw NetworkError(end, "send", peer) }
            state.untaken += bytes.count
            defer { state.next += 1 }
            return state.next
        }
        transmit(number, .bytes(bytes), until: network.clock.time.advanced(by: network.patience))
    }

    /// Brings a piece to the other end, again and again, until it is there or patience is over.
    private func transmit(_ number: Int, _ segment: Segment, until deadline: RuntimeInstant) {
        // Once it is broken nothing more of it arrives; once it is closed, all that was sent before does.
        if let end = state.withLock({ $0.end }), end != .closed { return }
        guard network.clock.time < deadline else { return fail(.broken, forgetting: true) }
        network.carry(
            from: host,
            to: peer.host,
            lost: { [self] in
                _ = network.clock.schedule(after: Self.retryPause) { [self] in
                    transmit(number, segment, until: deadline)
                }
            },
            { [self] in arrive(number, segment) }
        )
    }

    private func arrive(_ number: Int, _ segment: Segment) {
        let other = network.state.withLock { $0.ends[id.other] }
        if let other { return other.take(number, segment) }
        // The other machine is there, and knows nothing of this stream.
        network.carry(from: peer.host, to: host) { [self] in fail(.broken, forgetting: true) }
    }

    /// The other end's reader has taken bytes.
    private func makeRoom(_ count: Int) {
        let writer = state.withLock { state -> UnsafeContinuation<Void, Never>? in
            state.untaken -= count
            return state.untaken < Self.window ? state.writer.take() : nil
        }
        writer?.resume()
    }

    // MARK: Receiving

    private func take(_ number: Int, _ segment: Segment) {
        state.withLock { state in
            if number >= state.expected { state.early[number] = segment }
        }
        while let segment = state.withLock({ state -> Segment? in
            guard let segment = state.early.removeValue(forKey: state.expected) else { return nil }
            state.expected += 1
            return segment
        }) {
            switch segment {
            case .bytes(let bytes): inbox.put(bytes)
            case .end: inbox.put([])
            }
        }
    }

    func receive(upTo limit: Int) async throws(NetworkError) -> [UInt8] {
        if let end = state.withLock({ $0.end }) { throw NetworkError(end, "receive", peer) }
        let bytes = try await inbox.take()
        if bytes.isEmpty || bytes.count > limit { inbox.putBack(Array(bytes.dropFirst(max(1, limit)))) }
        let taken = Array(bytes.prefix(max(1, limit)))
        network.state.withLock { $0.ends[id.other] }?.makeRoom(taken.count)
        return taken
    }

    // MARK: Ending

    func close() {
        let number = state.withLock { state -> Int? in
            guard state.end == nil else { return nil }
            state.end = .closed
            return state.next
        }
        guard let number else { return }
        transmit(number, .end, until: network.clock.time.advanced(by: network.patience))
        end(.closed, forgetting: true)
    }

    private func fail(_ code: NetworkError.Code, forgetting: Bool) {
        let isFirst = state.withLock { state -> Bool in
            guard state.end == nil else { return false }
            state.end = code
            return true
        }
        if isFirst { end(code, forgetting: forgetting) }
    }

    private func end(_ code: NetworkError.Code, forgetting: Bool) {
        inbox.end(code, discarding: true)
        state.withLock { $0.writer.take() }?.resume()
        if forgetting { network.state.withLock { $0.ends[id] = nil } }
    }

    func lose() {
        fail(.closed, forgetting: false)
        opened.end(.closed)
    }
}
