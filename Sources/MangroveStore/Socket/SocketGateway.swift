/// The gateway of a node in another program, reached over the socket in the node's data directory.
///
/// Any number of calls can be under way at a time over the one connection. When the connection is lost, calls that the node
/// may have carried out, and that change something, throw ``StoreError/outcomeUnknown(store:why:)``; all others, and all
/// calls from then on, throw ``StoreError/unavailable(store:why:)``. The connection is not made again: make another gateway.
///
/// A cancelled call throws the same errors at once; the node may still carry it out. So does one that the node does not answer
/// in time, where a time was given; the connection goes on.
public final class SocketGateway: Gateway {
    let connection: ClientConnection

    private init(_ connection: ClientConnection) {
        self.connection = connection
    }

    deinit {
        connection.close()
    }

    /// Connects to the node that serves a data directory. The directory's path may be of any length.
    ///
    /// - Parameter limit: how long a call may wait for its answer, or for more of it; nil for as long as it takes. Whoever follows
    ///   a subscription or an operation waits for news without a limit. Some calls take long by their nature: compactions, checks
    ///   of a store's files, and the start of a store that has to be read first.
    /// - Throws: ``SocketError``: `.nobodyServing` if there is no node there, also after one was killed.
    public static func connect(
        dataDirectory: String,
        answerWithin limit: Duration? = nil
    ) async throws(SocketError) -> SocketGateway {
        SocketGateway(try await ClientConnection.open(SocketAddress(directory: dataDirectory), limit: limit))
    }

    /// Presents a token: from now on this connection may do what it says, and nothing else. A node that asks for none takes
    /// any.
    /// - Throws: ``StoreError/refused(_:)`` if the node does not take it; what was presented before still counts.
    public func present(_ token: CapabilityToken) async throws {
        try await ask(.present(token: token.text)) { if case .done = $0 { () } else { nil } }
    }

    /// Ends the connection. Calls under way throw, as if the connection were lost. Twice is fine.
    public func close() {
        connection.close()
    }

    /// Asks the node, as ``Gateway/append(to:stream:expecting:_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func append(
        to store: String,
        stream: String,
        expecting expected: ExpectedVersion,
        _ events: [NewEvent]
    ) async throws -> AppendResult {
        try await ask(.append(store: store, stream: stream, expected: expected, events: events)) {
            if case .appended(let results) = $0, results.count == 1 { results.first } else { nil }
        }
    }

    /// Asks the node, as ``Gateway/append(to:_:if:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func append(
        to store: String,
        _ parts: [StreamBatch],
        if conditions: [AppendCondition]
    ) async throws -> [AppendResult] {
        try await ask(.appendParts(store: store, parts: parts, conditions: conditions)) {
            if case .appended(let results) = $0, results.count == parts.count { results } else { nil }
        }
    }

    /// Asks the node, as ``Gateway/read(from:stream:start:count:direction:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func read(
        from store: String,
        stream: String,
        start: Int?,
        count: Int,
        direction: ReadDirection
    ) async throws -> [RecordedEvent] {
        try await ask(.read(store: store, stream: stream, start: start, count: count, direction: direction)) {
            if case .events(let events) = $0 { events } else { nil }
        }
    }

    /// Asks the node, as ``Gateway/readAll(from:start:count:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func readAll(from store: String, start: Int, count: Int) async throws -> [RecordedEvent] {
        try await ask(.readAll(store: store, start: start, count: count)) {
            if case .events(let events) = $0 { events } else { nil }
        }
    }

    /// Asks the node, as ``Gateway/version(of:in:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func version(of stream: String, in store: String) async throws -> Int {
        try await ask(.version(store: store, stream: stream)) {
            if case .version(let version) = $0 { version } else { nil }
        }
    }

    /// Asks the node, as ``Gateway/streams(of:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func streams(of store: String) async throws -> [StreamInfo] {
        try await ask(.streams(store: store)) { if case .streams(let streams) = $0 { streams } else { nil } }
    }

    /// Asks the node, as ``Gateway/tree(_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func tree(_ format: TreeFormat) async throws -> String {
        try await ask(.tree(format)) { if case .text(let text) = $0 { text } else { nil } }
    }

    /// Asks the node, as ``Gateway/metrics()`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func metrics() async throws -> String {
        try await ask(.metrics) { if case .text(let text) = $0 { text } else { nil } }
    }

    /// Asks the node, as ``Gateway/crash(_:kill:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func crash(_ path: String, kill: Bool) async throws {
        try await ask(.crash(path: path, kill: kill)) { if case .done = $0 { () } else { nil } }
    }

    /// Asks the node, as ``Gateway/verify(_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func verify(_ store: String) async throws -> VerifyReport {
        try await ask(.verify(store)) { if case .report(let report) = $0 { report } else { nil } }
    }

    /// Makes a call and takes out of the reply what the call is for.
    func ask<Value>(
        _ request: GatewayRequest,
        _ value: (GatewayReply) -> Value?
    ) async throws(StoreError) -> Value {
        let bytes = try await connection.call(request)
        if let reply = try? GatewayReply(decoding: bytes), let value = value(reply) { return value }
        let why = "the node's answer makes no sense"
        throw request.changesSomething
            ? .outcomeUnknown(store: request.store, why: why) : .unavailable(store: request.store, why: why)
    }
}
