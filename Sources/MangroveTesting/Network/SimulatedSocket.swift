internal import Mangrove

/// Sends and takes datagrams on an address of a simulated network.
final class SimulatedSocket: DatagramSocket, NetworkWaiting {
    /// What IPv4 leaves of 64 KiB.
    private static let limit = 65_507

    let address: NetworkAddress
    private let network: SimulatedNetwork
    private let inbox: NetworkInbox<(bytes: [UInt8], sender: NetworkAddress)>
    private let groups = Lock<Set<String>>([])

    init(_ network: SimulatedNetwork, _ address: NetworkAddress) {
        self.network = network
        self.address = address
        inbox = NetworkInbox("receive", address)
    }

    func send(_ bytes: [UInt8], to destination: NetworkAddress) throws(NetworkError) {
        if inbox.isEnded { throw NetworkError(.closed, "send", destination) }
        guard bytes.count <= Self.limit else { throw NetworkError(.tooLarge, "send", destination) }
        let receivers = network.state.withLock { state in
            state.sockets.values.filter { $0.takes(destination) }.map(\.address)
        }
        // Of a machine that is not there, nobody takes it; who is there is asked again when it arrives.
        for receiver in receivers.sorted(by: { ($0.host, $0.port) < ($1.host, $1.port) }) {
            deliver(bytes, to: receiver)
            let isTwice = network.state.withLock { $0.links.arrivesTwice(from: address.host, to: receiver.host) }
            if isTwice { deliver(bytes, to: receiver) }
        }
    }

    private func deliver(_ bytes: [UInt8], to receiver: NetworkAddress) {
        network.carry(from: address.host, to: receiver.host) { [network, address] in
            network.state.withLock { $0.sockets[receiver] }?.inbox.put((bytes, address))
        }
    }

    private func takes(_ destination: NetworkAddress) -> Bool {
        destination == address || destination.port == address.port && groups.withLock { $0.contains(destination.host) }
    }

    func receive() async throws(NetworkError) -> (bytes: [UInt8], sender: NetworkAddress) { try await inbox.take() }

    func join(_ group: String) throws(NetworkError) {
        if inbox.isEnded { throw NetworkError(.closed, "join", address) }
        groups.withLock { _ = $0.insert(group) }
    }

    func close() {
        network.state.withLock { state in
            if state.sockets[address] === self { state.sockets[address] = nil }
        }
        inbox.end(.closed, discarding: true)
    }

    func lose() { inbox.end(.closed, discarding: true) }
}
