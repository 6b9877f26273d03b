import Mangrove
import MangroveStore

/// `grove serve`: runs a node until SIGINT or SIGTERM, then stops it in order.
func serveNode(_ options: ServeOptions, _ console: Console) async throws -> ExitCode {
    // A name that cannot be a store's is said before anything is opened.
    for store in options.stores { try StoreID.check(store) }
    raiseDescriptorLimit()
    var settings = NodeSettings(dataDirectory: options.dataDirectory, owner: "\(System.processID)")
    settings.listens = true
    settings.allowsFaults = options.allowFaults
    if let file = options.configuration {
        do {
            settings.store = try StoreSettings(configuration: try console.bytes(of: file))
        } catch let error as StoreError {
            throw Failure(.usage, "\(file): \(error)")
        }
    }
    let runtime = Runtime(.system(disk: POSIXDisk(), logs: StandardErrorLog(level: .info)))
    let stop = AsyncSignal()
    let release = runtime.environment.signals.onFirst { _ in stop.ring() }
    defer { release() }
    let node = try await Node.open(settings, in: runtime)
    do {
        for store in options.stores {
            do {
                try await node.gateway.createStore(store)
            } catch StoreError.storeExists {
                // That is what was asked for.
            }
        }
        let stores = try await node.gateway.stores()
        let names = stores.isEmpty ? "no stores" : stores.map(\.id).joined(separator: ", ")
        try console.output.write("serving \(options.dataDirectory) as process \(System.processID): \(names)\n")
        try console.output.flush()
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
    if let reason = ended.withLock({ $0 }) {
        await node.close()
        throw Failure(.failure, "the node's supervision tree gave up: \(reason)")
    }
    await node.close()
    await runtime.shutdown()
    try console.output.write("stopped\n")
    return .done
}
