/// The network as a runtime sees it: streams of bytes between two ends, and datagrams.
///
/// A simulation brings its own, with latency, loss and partitions. Everything that waits ends early when its task is
/// cancelled, by throwing ``NetworkError/Code/cancelled``.
public protocol Network: Sendable {
    /// Takes streams that others open to `address`.
    /// - Parameter address: one of this machine's; port 0 lets the network choose one.
    /// - Throws: ``NetworkError``: somebody listens there already, or it is no address of this machine.
    func listen(on address: NetworkAddress) async throws(NetworkError) -> any NetworkListener

    /// Opens a stream to whoever listens on `address`.
    /// - Throws: ``NetworkError``: nobody listens there, or nobody answered within the network's own limit.
    func connect(to address: NetworkAddress) async throws(NetworkError) -> any NetworkConnection

    /// Sends and takes datagrams on `address`.
    /// - Throws: ``NetworkError``: somebody has it already, or it is no address of this machine.
    func openDatagrams(on address: NetworkAddress) async throws(NetworkError) -> any DatagramSocket
}

/// Where something on a network is reached.
public struct NetworkAddress: Sendable, Hashable, CustomStringConvertible {
    /// A machine's name or number, or the number of a multicast group.
    public var host: String
    /// The port on it.
    public var port: UInt16

    /// Makes an address.
    public init(_ host: String, _ port: UInt16) {
        self.host = host
        self.port = port
    }

    /// `host:port`.
    public var description: String { "\(host):\(port)" }
}

/// Takes the streams that others open to an address.
public protocol NetworkListener: AnyObject, Sendable {
    /// Where it listens, with the port the network chose.
    var address: NetworkAddress { get }

    /// The next stream that somebody opens, when there is one.
    /// - Throws: ``NetworkError``: `closed` once the listener is.
    func accept() async throws(NetworkError) -> any NetworkConnection

    /// Ends it: streams it has not given out are refused. Twice is fine.
    func close()
}

/// A stream of bytes in both directions: what one end sends the other receives, all of it and in order, or the stream
/// breaks.
public protocol NetworkConnection: AnyObject, Sendable {
    /// The other end.
    var peer: NetworkAddress { get }

    /// Sends bytes, waiting while the other end does not take them.
    ///
    /// That it returns says nothing of their arrival. One caller at a time.
    /// - Throws: ``NetworkError``: `broken`, or `closed` here; how many of the bytes arrive is then unknown.
    func send(_ bytes: [UInt8]) async throws(NetworkError)

    /// The next bytes, when there are some: at least one, at most `limit`. One caller at a time.
    /// - Returns: nothing once the other end has closed and all it sent was received.
    /// - Throws: ``NetworkError``: `broken`, or `closed` here.
    func receive(upTo limit: Int) async throws(NetworkError) -> [UInt8]

    /// Ends the stream in both directions; what was sent before is still delivered. Twice is fine.
    func close()
}

/// Sends and takes datagrams, each of which arrives whole, several times, out of order, or not at all.
public protocol DatagramSocket: AnyObject, Sendable {
    /// Where it takes them, with the port the network chose.
    var address: NetworkAddress { get }

    /// Sends one datagram to an address, or to all that joined a group.
    /// - Throws: ``NetworkError``: `tooLarge`, or `closed`.
    func send(_ bytes: [UInt8], to address: NetworkAddress) throws(NetworkError)

    /// The next datagram that arrives, and who sent it. One caller at a time.
    /// - Throws: ``NetworkError``: `closed` once the socket is.
    func receive() async throws(NetworkError) -> (bytes: [UInt8], sender: NetworkAddress)

    /// Takes what is sent to a multicast group on this port too.
    /// - Throws: ``NetworkError``: `closed`.
    func join(_ group: String) throws(NetworkError)

    /// Ends it. Twice is fine.
    func close()
}

/// Something on the network that failed: what, where, and why.
public struct NetworkError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure callers tell apart.
    public enum Code: Sendable, Hashable {
        /// Nobody listens there, or the other machine said no.
        case refused
        /// Nobody answered in time.
        case timedOut
        /// The stream broke: what was under way may or may not have arrived.
        case broken
        /// It was closed on this side.
        case closed
        /// Somebody has the address already.
        case inUse
        /// It is no address of this machine.
        case notHere
        /// More than a datagram can carry.
        case tooLarge
        /// The task that waited was cancelled.
        case cancelled
        /// There is no network here.
        case none
        /// Anything else: the `errno` value.
        case system(Int32)
    }

    /// What kind of failure it was.
    public var code: Code
    /// The operation, as a word: `connect`, `send`.
    public var operation: String
    /// The address it concerned.
    public var address: NetworkAddress

    /// Makes an error.
    public init(_ code: Code, _ operation: String, _ address: NetworkAddress) {
        self.code = code
        self.operation = operation
        self.address = address
    }

    /// One line: what failed, where, and why.
    public var description: String { "\(operation) \(address): \(code)" }
}

/// No network: every use of it throws ``NetworkError/Code/none``.
public struct NoNetwork: Network {
    /// Makes it.
    public init() {}

    /// Nobody is let in.
    public func listen(on address: NetworkAddress) async throws(NetworkError) -> any NetworkListener {
        throw NetworkError(.none, "listen", address)
    }

    /// Nobody is reached.
    public func connect(to address: NetworkAddress) async throws(NetworkError) -> any NetworkConnection {
        throw NetworkError(.none, "connect", address)
    }

    /// Nothing is sent.
    public func openDatagrams(on address: NetworkAddress) async throws(NetworkError) -> any DatagramSocket {
        throw NetworkError(.none, "open datagrams", address)
    }
}
