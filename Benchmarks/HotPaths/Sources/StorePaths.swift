import Foundation
import Mangrove
import MangroveStore

private let store = "counted"
/// 256 bytes of JSON.
private let payload = Array("\"\(String(repeating: "x", count: 254))\"".utf8)

/// Appends of one event each, by one client.
let appendPath: HotPath = { count in
    try await runStore { gateway in
        for number in 0..<warmth + count {
            use(try await gateway.append(to: store, stream: "stream", expecting: .any, [event(number)]))
        }
    }
}

/// Reads of a hundred events, from the index and the page cache.
let readPath: HotPath = { count in
    try await runStore { gateway in
        use(try await gateway.append(to: store, stream: "stream", expecting: .any, (0..<100).map(event)))
        for _ in 0..<warmth + count {
            use(try await gateway.read(from: store, stream: "stream", start: 0, count: 100, direction: .forward))
        }
    }
}

private func event(_ number: Int) -> NewEvent {
    NewEvent(id: EventID(high: 1, low: UInt64(number)), type: "counted", data: payload)
}

/// Opens a node with one store in a fresh directory, does `work`, and removes all of it.
private func runStore(_ work: (LocalGateway) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "mangrove-hot-paths-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
    let node = try await Node.open(NodeSettings(dataDirectory: directory.path, owner: "hot-paths"), in: runtime)
    try await node.gateway.createStore(store)
    try await work(node.gateway)
    await node.close()
    await runtime.shutdown()
}
