import Mangrove

/// What a request is called in logs: given by whoever makes it, or made up by the node that takes it.
///
/// ```swift
/// try await RequestID.with("checkout-4711") { try await gateway.append(to: "orders", …) }
/// ```
/// A program that calls several nodes for one purpose gives the same id to all of them, and finds what became of it in the
/// logs of each.
public enum RequestID {
    @TaskLocal static var current: String?

    /// The most bytes of an id; of a longer one the first are taken.
    public static let maximum = 128

    /// Runs work whose requests over a connection have this id.
    public static func with<Result>(_ id: String, _ work: () async throws -> Result) async rethrows -> Result {
        try await $current.withValue(checked(id), operation: work)
    }

    /// Without anything that would end a line or be a command to a terminal.
    static func checked(_ id: String) -> String {
        var text = ""
        for scalar in id.unicodeScalars where scalar.properties.generalCategory != .control {
            guard text.utf8.count + String(scalar).utf8.count <= maximum else { break }
            text.unicodeScalars.append(scalar)
        }
        return text
    }
}

/// A request as it travels: with the id that its client has given it, if it has.
struct TaggedRequest: Sendable, Equatable {
    private static let tag: UInt8 = 82

    var id: String?
    var request: GatewayRequest

    var encoded: [UInt8] {
        guard let id else { return request.encoded }
        var writer = WireWriter()
        writer.byte(Self.tag)
        writer.text(id)
        return writer.bytes + request.encoded
    }

    init(id: String?, _ request: GatewayRequest) {
        self.id = id
        self.request = request
    }

    /// - Throws: ``WireError`` if the bytes are not one.
    init(decoding bytes: [UInt8]) throws(WireError) {
        var rest = bytes
        if bytes.first == Self.tag {
            var reader = WireReader(bytes)
            _ = try reader.byte()
            let text = try reader.text()
            id = RequestID.checked(text)
            rest.removeFirst(5 + text.utf8.count)
        }
        request = try GatewayRequest(decoding: rest)
    }
}

/// Says in the log what became of requests that somebody has to know of, each with its id: those that the node could not
/// carry out, those that it refused, and those that took long.
///
/// What is the client's own business, a wrong version or a stream that there is not, it is told and the log is not.
struct RequestLog: Sendable {
    /// A request that takes longer than this is slow. Those that wait for something to happen are not counted.
    static let slow = Duration.seconds(1)

    private let runtime: Runtime

    init(_ runtime: Runtime) {
        self.runtime = runtime
    }

    /// The id of a request: the one that its client has given it, or a new one.
    private func name(_ id: String?) -> String {
        if let id, !id.isEmpty { return id }
        let number = String(runtime.environment.randomness.next(), radix: 16)
        return String(repeating: "0", count: 16 - number.count) + number
    }

    var now: RuntimeInstant { runtime.clock.now() }

    /// A request was answered.
    func note(_ id: String?, _ request: GatewayRequest, _ error: StoreError?, since begin: RuntimeInstant) {
        switch error {
        case .damaged, .unavailable, .outcomeUnknown, .backupDamaged, .configurationReadOnly:
            runtime.emit(StoreEvents.requestBroken) {
                (name(id), request.kind, request.store, error.map { "\($0)" } ?? "")
            }
        case .refused, .limited, .limitReached:
            runtime.emit(StoreEvents.requestRefused) {
                (name(id), request.kind, request.store, error.map { "\($0)" } ?? "")
            }
        default: break
        }
        let time = begin.duration(to: now)
        guard time > Self.slow, !request.waits else { return }
        runtime.emit(StoreEvents.requestSlow) { (name(id), request.kind, request.store, time) }
    }
}

extension GatewayRequest {
    /// What is asked for, as a word.
    var kind: String {
        Mirror(reflecting: self).children.first?.label ?? "\(self)"
    }

    /// Whether it is answered only when something happens, or is known to take long.
    var waits: Bool {
        switch self {
        case .subscription(.next), .operation(.next), .verify, .log(_, .compact): true
        default: false
        }
    }
}

extension StoreEvents {
    static let requestBroken = TelemetryEvent<String, String, String, String>(
        "store.gateway.failed",
        .warning,
        .store,
        "request",
        "kind",
        "store",
        "error",
        when: "a request over the socket could not be carried out; `request` is its id"
    )
    static let requestRefused = TelemetryEvent<String, String, String, String>(
        "store.gateway.refused",
        .info,
        .store,
        "request",
        "kind",
        "store",
        "error",
        when: "a request over the socket was refused: its token does not allow it, or a limit is reached"
    )
    static let requestSlow = TelemetryEvent<String, String, String, Duration>(
        "store.gateway.slow",
        .warning,
        .store,
        "request",
        "kind",
        "store",
        "time",
        when: "a request over the socket took longer than a second"
    )

    static let requests: [EventKind] = [requestBroken.kind, requestRefused.kind, requestSlow.kind]
}
