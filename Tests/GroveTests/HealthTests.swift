import Mangrove
import MangroveStore
import Testing

@testable import grove

@Suite struct HealthTests {
    private static let start = Timestamp(microseconds: 0)

    private func component(_ kind: ComponentHealth.Kind, _ status: HealthStatus, _ reason: String = "")
        -> ComponentHealth
    {
        let check = HealthCheck(name: "engine", status: status, reason: reason, since: Self.start)
        return ComponentHealth(kind: kind, store: kind == .node ? "" : "orders", checks: [check])
    }

    @Test("health prints what is not well, and says by its exit code how bad it is")
    func text() async throws {
        let bench = Bench()
        bench.gateway.wellbeing.withLock {
            $0.components = [component(.node, .healthy), component(.store, .healthy)]
        }
        #expect(try await run(bench, "health") == .done)
        #expect(bench.lines == ["healthy: the node and 1 stores"])
        bench.gateway.wellbeing.withLock { $0.components[1] = component(.store, .degraded, "low") }
        #expect(try await run(bench, "health") == .degraded)
        #expect(bench.lines.last == "degraded  store orders  1970-01-01T00:00:00.000000Z  engine: low")
        bench.gateway.wellbeing.withLock { $0.components[1] = component(.store, .unhealthy, "gone") }
        #expect(try await run(bench, "health", "--all") == .unhealthy)
        #expect(
            bench.lines.suffix(2).map { $0.split(separator: " ").first.map(String.init) } == ["healthy", "unhealthy"]
        )
        #expect(try await run(bench, "health", "--json") == .unhealthy)
        let json = """
            {"status":"unhealthy","time":"1970-01-01T00:00:00.000000Z","components":[\
            {"kind":"node","status":"healthy","checks":[{"name":"engine","status":"healthy",\
            "since":"1970-01-01T00:00:00.000000Z"}]},\
            {"kind":"store","store":"orders","status":"unhealthy","checks":[{"name":"engine",\
            "status":"unhealthy","reason":"gone","since":"1970-01-01T00:00:00.000000Z"}]}]}
            """
        #expect(bench.lines.last == json)
    }

    /// Past the question whether a node is serving.
    private func run(_ bench: Bench, _ words: String...) async throws -> ExitCode {
        let console = Console(
            output: Output(bench.output),
            errors: Output(bench.errors),
            open: { name throws(StreamError) in throw StreamError(name: name, reason: "none") },
            newID: { EventID(high: 0, low: 0) }
        )
        guard case .health(let options) = try Command(words, environment: { _ in nil }) else { return .failure }
        let code = try await showHealth(options, bench.gateway, console)
        try console.output.flush()
        return code
    }
}
