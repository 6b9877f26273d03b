/// The pieces that travel over the socket after the greeting: a length, a kind, the number of the call, and a payload.
///
/// The length counts everything after itself and is checked against the limit before a byte is allocated for it. A
/// request is one frame; an answer is any number of `part` frames and then one that ends it, so that there is no limit to
/// what can be read, and a long answer leaves room for others between its parts.
struct Frame: Sendable, Equatable {
    enum Kind: UInt8, Sendable {
        /// A call: the payload is a ``GatewayRequest``.
        case request = 1
        /// Some of an answer; more follows.
        case part = 2
        /// The rest of an answer: together with the parts, a ``GatewayReply``.
        case reply = 3
        /// The answer is an error: the payload is a ``StoreError``. For call 0 it concerns the connection, which ends.
        case failure = 4
    }

    /// How long a frame may be, its length field not counted: 64 MiB.
    static let maximumLength = 64 << 20
    /// How much of an answer goes into one frame.
    static let partLength = 1 << 20
    /// The bytes of the length field.
    static let prefixLength = 4
    /// The bytes of kind and call number.
    static let headerLength = 9

    var kind: Kind
    var call: UInt64
    var payload: [UInt8]

    /// The bytes it travels as, length first.
    var encoded: [UInt8] {
        var writer = WireWriter()
        writer.length(Self.headerLength + payload.count)
        writer.byte(kind.rawValue)
        writer.unsigned(call)
        return writer.bytes + payload
    }

    /// How many bytes follow a length field.
    /// - Throws: ``WireError`` if that is more than `limit` or less than a header.
    static func length(prefix: [UInt8], limit: Int) throws(WireError) -> Int {
        var reader = WireReader(prefix)
        let length = try reader.length()
        guard length >= headerLength else { throw WireError(what: "a frame: it is too short") }
        guard length <= limit else { throw WireError(what: "a frame: it is longer than \(limit) bytes") }
        return length
    }

    init(kind: Kind, call: UInt64, payload: [UInt8]) {
        self.kind = kind
        self.call = call
        self.payload = payload
    }

    /// Reads what followed a length field.
    init(decoding body: [UInt8]) throws(WireError) {
        var reader = WireReader(Array(body.prefix(Self.headerLength)))
        guard let kind = Kind(rawValue: try reader.byte()) else {
            throw WireError(what: "a frame: its kind is unknown")
        }
        self.init(kind: kind, call: try reader.unsigned(), payload: Array(body.dropFirst(Self.headerLength)))
    }

    /// The frames of an answer.
    static func answer(_ result: Result<GatewayReply, StoreError>, to call: UInt64) -> [Frame] {
        switch result {
        case .failure(let error):
            var writer = WireWriter()
            writer.storeError(error)
            return [Frame(kind: .failure, call: call, payload: writer.bytes)]
        case .success(let reply):
            let bytes = reply.encoded
            return stride(from: 0, to: bytes.count, by: partLength).map { start in
                let end = min(start + partLength, bytes.count)
                return Frame(kind: end == bytes.count ? .reply : .part, call: call, payload: Array(bytes[start..<end]))
            }
        }
    }
}

/// What both sides say first, so that neither ever takes something else for this protocol, or another version of it.
enum Greeting {
    /// The version of the protocol spoken here.
    static let version: UInt8 = 2
    /// How many bytes a greeting has.
    static let length = 8

    private static let opening = Array("grove\r\n".utf8)

    /// The greeting of a side that speaks `version`.
    static func bytes(version: UInt8 = version) -> [UInt8] {
        opening + [version]
    }

    /// The version the other side speaks, or nil if that was no greeting.
    static func version(in bytes: [UInt8]) -> UInt8? {
        bytes.count == length && bytes.starts(with: opening) ? bytes.last : nil
    }
}
