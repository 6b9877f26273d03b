import Foundation
import Mangrove

@testable import MangroveStore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A directory of its own under the system's temporary one, removed with what a test put in it.
final class SocketDirectory: Sendable {
    let path: String
    private let root: String

    /// - Parameter nested: how many directories with long names to nest, for long paths.
    init(nested: Int = 0) throws {
        var template = Array("/tmp/mangrove-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SocketError(.system(errno), "mkdtemp", "/tmp") }
        root = String(cString: made)
        var path = root
        for _ in 0..<nested {
            path += "/" + String(repeating: "d", count: 60)
            guard mkdir(path, 0o700) == 0 else { throw SocketError(.system(errno), "mkdir", path) }
        }
        self.path = path
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// The socket's permission bits, or nil if there is no socket.
    var socketMode: UInt32? {
        var status = stat()
        guard lstat(path + "/grove.sock", &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        return UInt32(status.st_mode & 0o777)
    }

    /// Puts an ordinary file where the socket should be.
    func putFileInTheWay() {
        close(open(path + "/grove.sock", O_CREAT | O_WRONLY, 0o600))
    }
}

/// Runs blocking work on a thread of its own.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { waiter in
        _ = SystemThread.start("test") { waiter.resume(returning: body()) }
    }
}

/// A door that tasks wait at until it is opened.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var arrivals = 0
    private var watchers: [(Int, CheckedContinuation<Void, Never>)] = []

    /// Waits for the door to open.
    func pass() async {
        arrivals += 1
        watchers.filter { $0.0 <= arrivals }.forEach { $0.1.resume() }
        watchers.removeAll { $0.0 <= arrivals }
        if !isOpen { await withCheckedContinuation { waiting.append($0) } }
    }

    /// Waits until `count` tasks have come to the door.
    func arrived(_ count: Int) async {
        if arrivals < count { await withCheckedContinuation { watchers.append((count, $0)) } }
    }

    var count: Int { arrivals }

    func open() {
        isOpen = true
        waiting.forEach { $0.resume() }
        waiting = []
    }
}

/// A gateway whose answers say what was asked.
final class EchoGateway: Gateway, NoSubscriptions {
    let asked = Lock<[GatewayRequest]>([])
    let gate = Gate()
    private let error: StoreError?
    private let waits: Bool
    private let size: Int

    /// - Parameter error: what every call throws instead of answering.
    /// - Parameter waits: whether calls wait at the gate.
    /// - Parameter size: the size of an event's data.
    init(error: StoreError? = nil, waits: Bool = false, size: Int = 3) {
        self.error = error
        self.waits = waits
        self.size = size
    }

    func took(_ request: GatewayRequest) async throws {
        asked.withLock { $0.append(request) }
        if waits { await gate.pass() }
        if let error { throw error }
    }

    func append(
        to store: String,
        stream: String,
        expecting expected: ExpectedVersion,
        _ events: [NewEvent]
    ) async throws -> AppendResult {
        try await took(.append(store: store, stream: stream, expected: expected, events: events))
        return AppendResult(stream: stream, version: events.count, position: events.isEmpty ? nil : 7)
    }

    func append(
        to store: String,
        _ parts: [StreamBatch],
        if conditions: [AppendCondition]
    ) async throws -> [AppendResult] {
        try await took(.appendParts(store: store, parts: parts, conditions: conditions))
        return parts.map { AppendResult(stream: $0.stream, version: $0.events.count, position: 8) }
    }

    func read(
        from store: String,
        stream: String,
        start: Int?,
        count: Int,
        direction: ReadDirection
    ) async throws -> [RecordedEvent] {
        try await took(.read(store: store, stream: stream, start: start, count: count, direction: direction))
        return events(stream, start ?? 0, count)
    }

    func readAll(from store: String, start: Int, count: Int) async throws -> [RecordedEvent] {
        try await took(.readAll(store: store, start: start, count: count))
        return events("all", start, count)
    }

    func events(_ stream: String, _ start: Int, _ count: Int) -> [RecordedEvent] {
        (0..<count).map { index in
            RecordedEvent(
                stream: stream,
                version: start + index,
                position: 1000 + index,
                id: EventID(high: UInt64(index), low: .max),
                type: "t",
                data: [UInt8](repeating: UInt8(ascii: "1"), count: size),
                metadata: index.isMultiple(of: 2) ? nil : Array("[ ]".utf8),
                created: Timestamp(microseconds: -1)
            )
        }
    }

    func version(of stream: String, in store: String) async throws -> Int {
        try await took(.version(store: store, stream: stream))
        return -1
    }

    func streams(of store: String) async throws -> [StreamInfo] {
        try await took(.streams(store: store))
        return [StreamInfo(stream: "a", version: 0), StreamInfo(stream: "日本", version: 41)]
    }

    static let infos = [
        StoreInfo(id: "a", status: .running, events: 3, streams: 2), limited,
        StoreInfo(id: "b", status: .damaged, problem: "byte 7"),
    ]

    private static var limited: StoreInfo {
        var info = StoreInfo(id: "ä", status: .starting)
        info.priority = .low
        info.autoStart = false
        info.directory = "/elsewhere/ä"
        info.limits = [StoreLimitUse(.disk, limit: 1 << 40, used: 7), StoreLimitUse(.connections, limit: 1, used: 1)]
        return info
    }

    func stores() async throws -> [StoreInfo] {
        try await took(.stores)
        return Self.infos
    }

    func createStore(_ id: String, _ configuration: StoreConfiguration) async throws {
        try await took(.managed(store: id, .create(configuration)))
    }

    func requestStore(_ id: String, _ configuration: StoreConfiguration) async throws {
        try await took(.managed(store: id, .requestCreation(configuration)))
    }

    static let kept = [
        KeptStore(id: "old", identity: String(repeating: "0a", count: 16)),
        KeptStore(id: "old", identity: String(repeating: "f", count: 32)),
    ]

    func removeStore(_ id: String, erasing: Bool) async throws -> RemovedStore {
        try await took(.managed(store: id, .remove(erasing: erasing)))
        return RemovedStore(id: id, kept: erasing ? nil : Self.kept[0], directory: "/data/" + id)
    }

    func requestRemoval(of id: String) async throws { try await took(.managed(store: id, .requestRemoval)) }

    func keptStores() async throws -> [KeptStore] {
        try await took(.managed(store: "", .kept))
        return Self.kept
    }

    func reviveStore(_ kept: String) async throws { try await took(.managed(store: kept, .revive)) }

    func eraseKeptStore(_ kept: String) async throws { try await took(.managed(store: kept, .eraseKept)) }

    static var configuration: StoreConfiguration {
        var configuration = StoreConfiguration()
        configuration.segmentBytes = 8_192
        configuration.limits.diskBytes = 1 << 40
        configuration.tags = ["a", "b"]
        return configuration
    }

    func ownConfiguration(of id: String) async throws -> StoreConfiguration {
        try await took(.managed(store: id, .ownConfiguration))
        return Self.configuration
    }

    func configureStore(_ id: String, _ configuration: StoreConfiguration) async throws -> Bool {
        try await took(.managed(store: id, .configure(configuration)))
        return true
    }

    func storeStatus(_ id: String) async throws -> StoreInfo {
        try await took(.storeStatus(id))
        return Self.infos[1]
    }

    func storeConfiguration(_ id: String) async throws -> [String: String] {
        try await took(.storeConfiguration(id))
        return ["b": "2", "a": ""]
    }

    func tree(_ format: TreeFormat) async throws -> String {
        try await took(.tree(format))
        return "tree as \(format.rawValue) 🌳"
    }

    func metrics() async throws -> String {
        try await took(.metrics)
        return "metrics 1\n"
    }

    func crash(_ path: String, kill: Bool) async throws { try await took(.crash(path: path, kill: kill)) }

    static let report = VerifyReport(
        store: "s",
        records: 1,
        events: 2,
        streams: 3,
        facts: 5,
        bytes: 4,
        problems: ["x", ""]
    )

    func verify(_ store: String) async throws -> VerifyReport {
        try await took(.verify(store))
        return Self.report
    }
}

/// Serves `gateway` in `directory`.
func serve(_ gateway: any Gateway, _ directory: SocketDirectory) throws -> GatewayServer {
    try GatewayServer.start(dataDirectory: directory.path, gateway: gateway) { work in
        Task { await work() }
    }
}
