import Mangrove
import MangroveStore

/// `grove serve`: runs a node until SIGINT or SIGTERM, then stops it in order.
///
/// What is wrong with its configuration is said before anything is opened.
func serveNode(
    _ options: ServeOptions,
    _ environment: [String: String],
    _ console: Console
) async throws -> ExitCode {
    let readiness = try Readiness(descriptor: options.readyDescriptor, socket: environment["NOTIFY_SOCKET"])
    let configuration = try console.nodeConfiguration(options, environment)
    let dataDirectory = configuration.dataDirectory
    raiseDescriptorLimit()
    var settings = NodeSettings(dataDirectory: dataDirectory, owner: "\(System.processID)")
    settings.listens = true
    settings.take(configuration)
    settings.keepsConfiguration = true
    let runtime = Runtime(.system(disk: POSIXDisk(), logs: StandardErrorLog(level: .info)))
    if configuration.requiresTokens {
        // The directory is there before the node takes it, as the secret has to be.
        let environment = runtime.environment
        let secret = try await environment.blocking.run {
            try DataDirectory.createPath(environment.disk, dataDirectory)
            return try AccessSecret.readOrMake(
                dataDirectory,
                on: environment.disk,
                random: environment.randomness
            )
        }
        settings.access = .tokens(secret: secret, revoked: configuration.revokedTokens)
    }
    let stop = AsyncSignal()
    let release = runtime.environment.signals.onFirst { _ in stop.ring() }
    defer { release() }
    // Before anything is open: a hang-up in the middle of the start is no reason to end.
    ServeSignals.install {
        // Past the console, which is the main thread's.
        try? DescriptorSink(2, name: "standard error").write(Array(runtime.tree().text.utf8))
    }
    let node = try await Node.open(settings, in: runtime)
    do {
        let stores = try await node.gateway.stores()
        let names = stores.isEmpty ? "no stores" : stores.map(\.id).joined(separator: ", ")
        try console.output.write("serving \(dataDirectory) as process \(System.processID): \(names)\n")
        try console.output.flush()
        readiness.ready()
    } catch {
        await node.close()
        throw error
    }
    // Should the tree itself give up, there is nothing left to serve.
    let ended = Lock<ExitReason?>(nil)
    runtime.spawn {
        let reason = await node.ended()
        ended.withLock { $0 = reason }
        stop.ring()
    }
    await stop.wait()
    readiness.stopping()
    if let reason = ended.withLock({ $0 }) {
        await node.close()
        throw Failure(.failure, "the node's supervision tree gave up: \(reason)")
    }
    guard await node.close(within: options.stopWithin) else {
        throw Failure(.failure, "the node did not stop within \(options.stopWithin) and was killed")
    }
    await runtime.shutdown()
    try console.output.write("stopped\n")
    return .done
}
