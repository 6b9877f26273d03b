import Mangrove
import MangroveStore

extension Programs {
    /// The programs this one is linked with.
    static var linked: Programs {
        Programs(
            openInProcess: openDirectoryHere,
            serve: serveNode,
            subscribe: followEvents,
            top: watchTree,
            page: writeTreePage,
            watch: watchConfiguration,
            checkBackups: checkBackupsHere,
            demo: runDemo
        )
    }
}

/// Checks backups, for which no node is needed.
private func checkBackupsHere(_ directory: String, _ number: Int?) async throws -> [BackupCheckReport] {
    let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
    let result: Result<[BackupCheckReport], any Error>
    do {
        result = .success(try await Backups.check(directory, number: number, in: runtime))
    } catch {
        result = .failure(error)
    }
    await runtime.shutdown()
    return try result.get()
}

/// Opens a data directory that no node serves, for as long as one verb takes.
private func openDirectoryHere(
    _ directory: String,
    _ need: DirectoryNeed,
    _ configuration: NodeConfiguration,
    _ body: (any Gateway) async throws -> ExitCode
) async throws -> ExitCode {
    var settings = NodeSettings(dataDirectory: directory, owner: "\(System.processID)")
    settings.startsStores = need == .allStores
    // Stores that it names are made when a node serves; here what it says of those there are counts.
    settings.configuration = configuration
    let hasRecords = System.isDirectory(directory + "/.config")
    settings.keepsConfiguration = hasRecords || need == .createIfMissing || need == .records
    // What goes wrong comes back as the verb's own error.
    let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
    let node = try await Node.open(settings, in: runtime)
    let result: Result<ExitCode, any Error>
    do { result = .success(try await body(node.gateway)) } catch { result = .failure(error) }
    await node.close()
    await runtime.shutdown()
    return try result.get()
}
