public import Mangrove

/// The network between the machines of a simulation, in virtual time: with latency, loss, duplication, reordering,
/// partitions and clogged links, all by the seed.
///
/// ```swift
/// simulation.network.conditions.loss = 0.01
/// simulation.network.partition(["a"], ["b", "c"])
/// simulation.network.cut(from: "a", to: "d")       // one way
/// simulation.network.heal()
/// ```
///
/// A stream keeps its promise through all of this, or breaks: what is lost is sent again, and when nothing has come
/// through for ``patience``, its sender is told that it is broken. The other end is not: it finds out when it sends.
public final class SimulatedNetwork: Sendable {
    struct State {
        var links: SimulatedLinks
        var patience = Duration.seconds(20)
        /// Counts the lives of each machine: what belonged to an earlier one is dead.
        var lives: [String: Int] = [:]
        /// Machines without power: nothing reaches them, and they answer nothing.
        var dark: Set<String> = []
        var nextPort: UInt16 = 49_152
        var nextConnection = 0
        var listeners: [NetworkAddress: SimulatedListener] = [:]
        var ends: [StreamEnd.ID: StreamEnd] = [:]
        var sockets: [NetworkAddress: SimulatedSocket] = [:]
    }

    let clock: VirtualClock
    let state: Lock<State>

    init(seed: UInt64, clock: VirtualClock) {
        self.clock = clock
        state = Lock(State(links: SimulatedLinks(seed: seed)))
    }

    // MARK: Conditions

    /// How machines reach each other where nothing else was said.
    public var conditions: LinkConditions {
        get { state.withLock { $0.links.normal } }
        set { state.withLock { $0.links.normal = newValue } }
    }

    /// How long a stream goes on trying when nothing comes through. 20 seconds unless set.
    public var patience: Duration {
        get { state.withLock { $0.patience } }
        set { state.withLock { $0.patience = newValue } }
    }

    /// How one machine reaches another, in this direction.
    public func set(_ conditions: LinkConditions, from source: String, to destination: String) {
        state.withLock { $0.links.set(conditions, from: source, to: destination) }
    }

    /// Lets nothing through from one machine to another, in this direction, until ``heal()``.
    public func cut(from source: String, to destination: String) {
        state.withLock { $0.links.cut(from: source, to: destination) }
    }

    /// Lets nothing through between machines of different groups. Machines in no group reach everyone.
    public func partition(_ groups: [String]...) {
        for (number, group) in groups.enumerated() {
            for other in groups[..<number] + groups[(number + 1)...] {
                for source in group { for destination in other { cut(from: source, to: destination) } }
            }
        }
    }

    /// Holds up what is sent from one machine to another for a while; then all of it gets through.
    public func clog(from source: String, to destination: String, for time: Duration) {
        let end = clock.time.advanced(by: time).nanoseconds
        state.withLock { $0.links.clog(from: source, to: destination, until: end) }
    }

    /// Ends every cut and partition, and unclogs every link.
    public func heal() {
        state.withLock { $0.links.heal() }
    }

    // MARK: Machines

    /// The network as a machine sees it, in its present life; it has power.
    public func host(_ name: String) -> any Network {
        let life = state.withLock { state in
            state.dark.remove(name)
            return state.lives[name, default: 0]
        }
        return SimulatedHost(network: self, name: name, life: life)
    }

    /// A machine has lost its power: all that it had open is gone, and nobody is told.
    func lose(_ host: String) {
        let lost = state.withLock { state -> [any NetworkWaiting] in
            state.lives[host, default: 0] += 1
            state.dark.insert(host)
            let listeners = state.listeners.filter { $0.key.host == host }
            let ends = state.ends.filter { $0.value.host == host }
            let sockets = state.sockets.filter { $0.key.host == host }
            for key in listeners.keys { state.listeners[key] = nil }
            for key in ends.keys { state.ends[key] = nil }
            for key in sockets.keys { state.sockets[key] = nil }
            let order = listeners.keys.sorted { $0.port < $1.port }.compactMap {
                listeners[$0] as (any NetworkWaiting)?
            }
            return order + ends.keys.sorted().compactMap { ends[$0] }
                + sockets.keys.sorted { $0.port < $1.port }.compactMap { sockets[$0] }
        }
        for waiting in lost { waiting.lose() }
    }

    /// Runs `action` when a piece has got from one machine to another, or `lost` when it has not.
    func carry(
        from source: String,
        to destination: String,
        lost: (@Sendable () -> Void)? = nil,
        _ action: @escaping @Sendable () -> Void
    ) {
        let now = clock.time.nanoseconds
        let time = state.withLock { $0.links.transit(from: source, to: destination, at: now) }
        guard let time else {
            lost?()
            return
        }
        _ = clock.schedule(after: time) { [self] in
            if state.withLock({ $0.dark.contains(destination) }) { lost?() } else { action() }
        }
    }

    func newPort(_ state: inout State, wanted: UInt16, isFree: (inout State, UInt16) -> Bool) -> UInt16? {
        if wanted != 0 { return isFree(&state, wanted) ? wanted : nil }
        for _ in 0..<16_384 {
            let port = state.nextPort
            state.nextPort = port == .max ? 49_152 : port + 1
            if isFree(&state, port) { return port }
        }
        return nil
    }
}

/// Something of a machine that others may wait on.
protocol NetworkWaiting: Sendable {
    /// The machine has lost its power.
    func lose()
}

/// The network as one machine sees it.
struct SimulatedHost: Network {
    let network: SimulatedNetwork
    let name: String
    let life: Int

    private func check(
        _ state: SimulatedNetwork.State,
        _ operation: String,
        _ address: NetworkAddress
    ) throws(NetworkError) {
        guard state.lives[name, default: 0] == life else { throw NetworkError(.closed, operation, address) }
    }

    func listen(on address: NetworkAddress) async throws(NetworkError) -> any NetworkListener {
        guard address.host == name else { throw NetworkError(.notHere, "listen", address) }
        return try network.state.withLock { state throws(NetworkError) in
            try check(state, "listen", address)
            let port = network.newPort(&state, wanted: address.port) { state, port in
                state.listeners[NetworkAddress(name, port)] == nil
            }
            guard let port else { throw NetworkError(.inUse, "listen", address) }
            let listener = SimulatedListener(network, NetworkAddress(name, port))
            state.listeners[listener.address] = listener
            return listener
        }
    }

    func connect(to address: NetworkAddress) async throws(NetworkError) -> any NetworkConnection {
        let end = try network.state.withLock { state throws(NetworkError) in
            try check(state, "connect", address)
            let number = state.nextConnection
            state.nextConnection += 1
            state.nextPort = state.nextPort == .max ? 49_152 : state.nextPort + 1
            let here = NetworkAddress(name, state.nextPort)
            let end = StreamEnd(network, .init(connection: number, isOpener: true), here: here, peer: address)
            state.ends[end.id] = end
            return end
        }
        try await end.open()
        return end
    }

    func openDatagrams(on address: NetworkAddress) async throws(NetworkError) -> any DatagramSocket {
        guard address.host == name else { throw NetworkError(.notHere, "open datagrams", address) }
        return try network.state.withLock { state throws(NetworkError) in
            try check(state, "open datagrams", address)
            let port = network.newPort(&state, wanted: address.port) { state, port in
                state.sockets[NetworkAddress(name, port)] == nil
            }
            guard let port else { throw NetworkError(.inUse, "open datagrams", address) }
            let socket = SimulatedSocket(network, NetworkAddress(name, port))
            state.sockets[socket.address] = socket
            return socket
        }
    }
}
