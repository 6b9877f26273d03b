import Benchmark
import Foundation
import Mangrove
import MangroveStore
import StoreWorld
import World

/// Where a program that is started with it finds the directory it serves.
let servedDirectory = "MANGROVE_BENCHMARK_SERVES"

private let kept = 100_000
private let addedEachTime = 10_000

/// From the kill of a node's program to a durable append that the next one has acknowledged: its start, the recovery of a
/// store of 100,000 events, of which the last 10,000 came since the last start, and the connection.
func registerNodeKill() {
    Benchmark("node kill to serving again", configuration: settings(repetitions: 1, warmup: 0)) { benchmark in
        try await benchmark.runDirectory { directory, watch in
            try await prepare(directory)
            var program = try start(directory)
            defer { program.terminateAtOnce() }
            for life in 0...5 as ClosedRange<UInt64> {
                let gateway = try await connect(directory)
                for batch in 0..<UInt64(addedEachTime / 100) {
                    try await append(100, life << 32 | batch, through: gateway)
                }
                let ofThisLife = life == 0 ? Stopwatch() : watch
                try await ofThisLife.time {
                    program.terminateAtOnce()
                    program = try start(directory)
                    try await append(1, life << 32 | 1 << 31, through: connect(directory))
                }
            }
        }
    }
}

/// Serves a directory until the program is killed.
func serve(_ directory: String) -> Never {
    Task.detached {
        var settings = NodeSettings(dataDirectory: directory, owner: "benchmark")
        settings.listens = true
        do {
            _ = try await Node.open(settings, in: makeRuntime()).ended()
        } catch {
            FileHandle.standardError.write(Data("the node did not open: \(error)\n".utf8))
        }
        exit(1)
    }
    while true { sleep(3_600) }
}

private func prepare(_ directory: String) async throws {
    let runtime = makeRuntime()
    let node = try await Node.open(NodeSettings(dataDirectory: directory, owner: "benchmark"), in: runtime)
    try await node.gateway.createStore(Bench.store)
    try await Bench(node: node).fill(kept)
    await node.close()
    await runtime.shutdown()
}

private func start(_ directory: String) throws -> Process {
    let program = Process()
    program.executableURL = Bundle.main.executableURL
    program.environment = ProcessInfo.processInfo.environment.merging([servedDirectory: directory]) { $1 }
    program.standardInput = FileHandle.nullDevice
    program.standardOutput = FileHandle.nullDevice
    try program.run()
    return program
}

/// Tries each millisecond, until somebody serves.
private func connect(_ directory: String) async throws -> SocketGateway {
    for _ in 0..<30_000 {
        if let gateway = try? await SocketGateway.connect(dataDirectory: directory) { return gateway }
        try await Task.sleep(for: .milliseconds(1))
    }
    return try await SocketGateway.connect(dataDirectory: directory)
}

private func append(_ count: Int, _ number: UInt64, through gateway: SocketGateway) async throws {
    let events = (0..<UInt64(count)).map { event(number, $0) }
    _ = try await gateway.append(to: Bench.store, stream: "added", expecting: .any, events)
}

extension Process {
    /// Kills the program, which has no say in it, and waits for its end.
    fileprivate func terminateAtOnce() {
        guard isRunning else { return }
        kill(processIdentifier, SIGKILL)
        waitUntilExit()
    }
}
