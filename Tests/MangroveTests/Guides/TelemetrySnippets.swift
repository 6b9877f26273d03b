import Mangrove
import MangroveTesting
import Testing

// The code of the guide on telemetry, compiled; that of its bridges is in `Tests/Bridges`.

actor Till: ProcessActor, StatusShowing {
    private var sales = 0
    private let pin = "0000"

    func status() -> ProcessStatus { ["sales": .integer(Int64(sales)), "pin": .redacted] }
}

private func withSinks(_ archive: any LogSink) -> Runtime {
    let levels = LogLevels(.warning, [.supervisor: .info, .program: .error])
    let sink = CombinedLogs([StandardErrorLog(levels: levels), QueuedLogs(archive)])
    let runtime = Runtime(.system(disk: POSIXDisk(), logs: sink))
    return runtime
}

private func withRedaction() -> Runtime {
    var environment = RuntimeEnvironment.system(disk: POSIXDisk())
    environment.redaction = ErrorRedaction { error in
        error is CallError ? "\(error)" : "\(type(of: error))"
    }
    let discreet = Runtime(environment)
    return discreet
}

@Suite struct TelemetrySnippets {
    @Test("Events of one's own go to the sink with those of the framework, and the page of metrics is text")
    func events() {
        simulate(seeds: 0..<1) { simulation in
            let runtime = simulation.runtime
            let orderPlaced = TelemetryEvent<String, Int>(
                "order.placed",
                .info,
                "orders",
                "order",
                "items",
                when: "it was placed"
            )
            runtime.emit(orderPlaced) { ("a7", 3) }
            runtime.log(.info, "till.opened", ["till": "2"])
            let page = runtime.metrics().prometheus
            #expect(page.contains("\nmangrove_processes 0\n"))
            #expect(
                simulation.logs.events.map(\.logfmt) == [
                    "level=info component=orders event=order.placed order=a7 items=3",
                    "level=info component=application event=till.opened till=2",
                ]
            )
        }
    }

    @Test("The sinks and the redaction of the guide work, and the till shows what it says")
    func others() async throws {
        for runtime in [withSinks(RecordedLogs()), withRedaction()] {
            let root = try await runtime.start(Supervisor { Worker("till") { _ in Till() } })
            #expect("\(try await root.child("till", as: Till.self).status(within: nil))" == "sales: 0, pin: [redacted]")
            await runtime.shutdown()
        }
    }
}
