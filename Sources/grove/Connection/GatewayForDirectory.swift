import MangroveStore

/// What a verb needs of the data directory it is given.
enum DirectoryNeed: Equatable {
    /// It must be there: reading and appending make no directories. Its stores start as they are asked for.
    case existing
    /// It must be there, and all its stores are looked at.
    case allStores
    /// It must be there, and what is on record of its stores is looked at or changed.
    case records
    /// It is made if it is not there.
    case createIfMissing
    /// A node must be serving it.
    case served
    /// A node must be serving it that lets its processes be made to crash.
    case servedWithFaults

    /// How to start a node, where one is needed.
    fileprivate var command: String? {
        switch self {
        case .existing, .allStores, .records, .createIfMissing: nil
        case .served: "grove serve"
        case .servedWithFaults: "grove serve --allow-faults"
        }
    }
}

/// Opens a data directory in this program, runs `body` with its gateway, and closes the directory again in order.
///
/// - Parameter directory: the data directory.
/// - Parameter need: what the verb needs of it.
/// - Parameter configuration: what is configured for the node.
/// - Throws: what `body` throws, or why the directory could not be opened: that another program has it, for one.
typealias OpenInProcess = (
    _ directory: String,
    _ need: DirectoryNeed,
    _ configuration: NodeConfiguration,
    _ body: (any Gateway) async throws -> ExitCode
) async throws -> ExitCode

/// Runs `body` with the gateway to a data directory: that of the node which serves it, or else one in this program, for as
/// long as `body` takes.
///
/// - Parameter token: what is presented to the node, if there is one.
/// - Parameter limit: how long a node may take to answer; nil for as long as it takes.
/// - Parameter configuration: what is configured for a node here; asked for only where there is none yet.
/// - Parameter openInProcess: how the directory is opened here when nobody serves it.
/// - Throws: ``Failure`` if the directory is not what `need` says, ``SocketError`` if there is a node but it cannot be
///   talked to, and what `openInProcess` and `body` throw.
func withGateway(
    dataDirectory: String,
    token: CapabilityToken? = nil,
    answerWithin limit: Duration? = nil,
    need: DirectoryNeed,
    configuration: () throws -> NodeConfiguration = { NodeConfiguration() },
    openInProcess: @escaping OpenInProcess,
    _ body: (any Gateway) async throws -> ExitCode
) async throws -> ExitCode {
    if need != .createIfMissing, !System.isDirectory(dataDirectory) {
        throw Failure(.failure, "there is no data directory at '\(dataDirectory)'")
    }
    if let gateway = try await connect(dataDirectory, token, answerWithin: limit) {
        defer { gateway.close() }
        return try await body(gateway)
    }
    if let command = need.command {
        throw Failure(.failure, "no node is serving '\(dataDirectory)'; start one with '\(command)'")
    }
    return try await openInProcess(dataDirectory, need, try configuration(), body)
}

/// The gateway of the node that serves a directory, or nil if none does.
/// - Parameter token: what is presented to the node, if there is one.
func connect(
    _ dataDirectory: String,
    _ token: CapabilityToken?,
    answerWithin limit: Duration?
) async throws -> SocketGateway? {
    do {
        let gateway = try await SocketGateway.connect(dataDirectory: dataDirectory, answerWithin: limit)
        if let token { try await gateway.present(token) }
        return gateway
    } catch let error as SocketError {
        guard error.code == .nobodyServing else { throw error }
        return nil
    }
}
