import MangroveStore

/// `grove tree`: shows the supervision tree.
func showTree(_ options: TreeOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    let text = try await gateway.tree(options.format)
    try console.output.write(text.hasSuffix("\n") ? text : text + "\n")
    return .done
}

/// `grove metrics`: prints the node's metrics.
func showMetrics(_ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    try console.output.write(try await gateway.metrics())
    return .done
}

/// `grove crash`: makes a process crash.
func crashProcess(_ options: CrashOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    try await gateway.crash(options.path, kill: options.kill)
    try console.output.line(JSONLine().with("path", options.path).with("done", options.kill ? "killed" : "crashed"))
    return .done
}
