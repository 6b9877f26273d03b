public import Benchmark
import Foundation
import Mangrove
public import MangroveStore
public import World

/// The payload of a measured event: 256 bytes of JSON.
public let payload = Array("\"\(String(repeating: "x", count: 254))\"".utf8)

/// A node with one store on the real disk, in a directory of its own.
public struct Bench: Sendable {
    let node: Node
    /// The way to the store.
    public var gateway: LocalGateway { node.gateway }
    /// The store's name.
    public static let store = "measured"

    /// Makes one of a node that has the store.
    public init(node: Node) {
        self.node = node
    }

    /// Appends one event.
    public func append(_ stream: String, _ client: UInt64, _ number: UInt64) async throws {
        _ = try await gateway.append(to: Self.store, stream: stream, expecting: .any, [event(client, number)])
    }

    /// Appends `count` events, a hundred at a time, each hundred to the next of a thousand streams.
    public func fill(_ count: Int, client: UInt64 = 0) async throws {
        for start in stride(from: 0, to: count, by: 100) {
            let events = (start..<min(start + 100, count)).map { event(client, UInt64($0)) }
            _ = try await gateway.append(
                to: Self.store,
                stream: "filled-\(start / 100 % 1_000)",
                expecting: .any,
                events
            )
        }
    }
}

/// A measured event.
public func event(_ client: UInt64, _ number: UInt64) -> NewEvent {
    NewEvent(id: EventID(high: client, low: number), type: "measured", data: payload)
}

extension Benchmark {
    /// Opens a node in a fresh directory, runs `work` with it in a detached task, and removes all of it.
    public func runStore(_ work: @escaping @Sendable (Bench, Stopwatch) async throws -> Void) async throws {
        try await runDirectory { directory, watch in
            let runtime = makeRuntime()
            let node = try await Node.open(NodeSettings(dataDirectory: directory, owner: "benchmark"), in: runtime)
            try await node.gateway.createStore(Bench.store)
            try await work(Bench(node: node), watch)
            await node.close()
            await runtime.shutdown()
        }
    }

    /// Runs `work` in a fresh directory.
    public func runDirectory(_ work: @escaping @Sendable (String, Stopwatch) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "mangrove-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await run { watch in try await work(directory.path, watch) }
    }
}
