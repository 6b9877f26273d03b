import Mangrove
import MangroveStore

/// `grove config watch`: prints changes of what is on record as they are made, until it has enough of them, or SIGINT or
/// SIGTERM.
func watchConfiguration(
    from start: Int?,
    count: Int?,
    _ gateway: any Gateway,
    _ console: Console
) async throws -> ExitCode {
    try await follow(count: count) { queue in
        let changes = try gateway.watchConfigurations(from: start.map { .at($0) } ?? .end)
        for try await change in changes {
            guard await queue.send(change) else { return }
        }
    } print: { (change: ConfigurationChange) in
        try console.output.line(JSONLine(change.record).with("position", change.position))
        try console.output.flush()
    }
    return .done
}
