/// Why a socket could not be served or connected to.
public struct SocketError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure callers tell apart.
    public enum Code: Sendable, Equatable {
        /// No node is serving there: there is no socket, or nobody listens on it.
        case nobodyServing
        /// The other side speaks another version of the protocol, this one.
        case wrongVersion(UInt8)
        /// The other side is not a node, or did not answer the greeting in time.
        case notANode
        /// This program may not use the socket.
        case denied
        /// Something that is not a socket stands at the path; it was left alone.
        case inTheWay
        /// No thread could be started.
        case noThread
        /// Anything else: the `errno` value.
        case system(Int32)
    }

    /// What kind of failure it was.
    public var code: Code
    /// What was being done, as a word: `connect`, `bind`.
    public var operation: String
    /// The socket's path.
    public var path: String

    /// Makes an error.
    public init(_ code: Code, _ operation: String, _ path: String) {
        self.code = code
        self.operation = operation
        self.path = path
    }

    /// One line: what failed, where, and why.
    public var description: String {
        let reason =
            switch code {
            case .nobodyServing: "no node is serving there"
            case .wrongVersion(let version):
                "the node speaks version \(version) of the protocol, this program version \(Greeting.version)"
            case .notANode: "what listens there does not answer as a node"
            case .denied: "permission denied"
            case .inTheWay: "something that is not a socket is in the way"
            case .noThread: "no thread could be started"
            case .system(let number): "system error \(number)"
            }
        return "\(operation) \(path): \(reason)"
    }
}
