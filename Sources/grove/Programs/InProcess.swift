import Mangrove
import MangroveStore

extension Programs {
    /// The programs this one is linked with.
    static var linked: Programs {
        Programs(openInProcess: openDirectoryHere, serve: serveNode, demo: runDemo)
    }
}

/// Opens a data directory that no node serves, for as long as one verb takes.
private func openDirectoryHere(
    _ directory: String,
    _ need: DirectoryNeed,
    _ body: (any Gateway) async throws -> ExitCode
) async throws -> ExitCode {
    var settings = NodeSettings(dataDirectory: directory, owner: "\(System.processID)")
    settings.startsStores = need == .allStores
    // What goes wrong comes back as the verb's own error.
    let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
    let node = try await Node.open(settings, in: runtime)
    let result: Result<ExitCode, any Error>
    do { result = .success(try await body(node.gateway)) } catch { result = .failure(error) }
    await node.close()
    await runtime.shutdown()
    return try result.get()
}
