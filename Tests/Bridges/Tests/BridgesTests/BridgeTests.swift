import CoreMetrics
import Logging
import Mangrove
import MangroveTesting
import MetricsTestKit
import ServiceLifecycle
import Testing

@testable import Bridges

private struct Boom: Error {}

private actor Idle: ProcessActor, Terminating {
    private let ended: Lock<Int>
    init(_ ended: Lock<Int> = Lock(0)) { self.ended = ended }
    func terminate(reason: ExitReason) { ended.withLock { $0 += 1 } }
}

/// Keeps what a logger was told.
private struct KeptLog: LogHandler {
    let lines: Lock<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: Logging.LogEvent) {
        let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        lines.withLock {
            $0.append("\(event.level) \(event.source) \(event.message) " + fields.joined(separator: " "))
        }
    }
}

@Suite("Bridges") struct BridgeTests {
    @Test("A runtime's events come to a logger with their level, component and fields, and its level decides which")
    func log() throws {
        let lines = Lock<[String]>([])
        var logger = Logger(label: "test") { _ in KeptLog(lines: lines) }
        logger.logLevel = .warning
        let sink = SwiftLogSink(logger)
        try Simulation(seed: 1) { $0.logs = sink }.run { simulation in
            let runtime = simulation.runtime
            try await runtime.start(Supervisor { Worker("a") { _ in Idle() } })
            #expect(runtime.crash(at: "supervisor/a", with: Boom()))
            try await runtime.sleep(for: .seconds(1))
            await runtime.shutdown()
        }
        let seen = lines.withLock { $0 }
        #expect(seen.contains("warning supervisor supervisor.child.ended child=supervisor/a reason=crash: Boom()"))
        #expect(!seen.contains { $0.contains("supervisor.child.restarting") })
        #expect(!sink.accepts(.info, of: .process))
        #expect(sink.accepts(.error, of: .process))
    }

    @Test("A runtime's counters come to swift-metrics by what they grew, its gauges as they are, with their labels")
    func metrics() throws {
        let factory = TestMetrics()
        try Simulation(seed: 1).run { simulation in
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor {
                    Worker("a") { _ in Idle() }
                    Worker("metrics") { SwiftMetricsReporter($0, every: .seconds(10), to: factory) }
                }
            )
            for _ in 0..<2 {
                #expect(runtime.crash(at: "supervisor/a", with: Boom()))
                try await runtime.sleep(for: .seconds(11))
            }
            await runtime.shutdown()
        }
        let crashes = try factory.expectCounter("mangrove_processes_ended_total", [("reason", "crash")])
        #expect(crashes.values == [1, 1])
        #expect(try factory.expectGauge("mangrove_processes").lastValue == 3)
        #expect(try factory.expectCounter("mangrove_restarts_total", [("supervisor", "supervisor")]).totalValue == 2)
    }

    @Test("A tree runs in a service group until that is shut down, and stops in order")
    func lifecycle() async throws {
        let ended = Lock(0)
        let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
        let started = AsyncStream<Void>.makeStream()
        let tree = Supervisor {
            Worker("a") { _ in
                defer { started.continuation.finish() }
                return Idle(ended)
            }
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: GracefulTree(runtime.service(tree)))],
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await _ in started.stream {}
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(ended.withLock { $0 } == 1)
        #expect(runtime.processCount == 0)
    }

    @Test("A tree is a service as it is: cancelling its task stops it")
    func service() async throws {
        let ended = Lock(0)
        let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
        let started = AsyncStream<Void>.makeStream()
        let service: any Service = runtime.service(
            Supervisor {
                Worker("a") { _ in
                    defer { started.continuation.finish() }
                    return Idle(ended)
                }
            }
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await service.run() }
            for await _ in started.stream {}
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
        #expect(ended.withLock { $0 } == 1)
    }
}
