import MangroveStore

/// `grove streams`: lists a store's streams.
func listStreams(_ options: StreamsOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    for info in try await gateway.streams(of: options.store) {
        try console.output.line(JSONLine().with("stream", info.stream).with("version", info.version))
    }
    return .done
}

/// `grove stores`: lists stores, makes and removes them, and shows how one is doing.
func manageStores(_ options: StoresOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    switch options.action {
    case .list:
        for info in try await gateway.stores() { try console.output.line(JSONLine(info)) }
    case .create(let id):
        try await gateway.createStore(id)
        try console.output.line(JSONLine(try await gateway.storeStatus(id)))
    case .remove(let id):
        try await gateway.removeStore(id)
        try console.output.line(JSONLine().with("id", id).with("status", "removed"))
    case .status(let id):
        try console.output.line(JSONLine(try await gateway.storeStatus(id)))
    case .configuration(let id):
        let values = try await gateway.storeConfiguration(id).sorted { $0.key < $1.key }
        try console.output.line(values.reduce(JSONLine()) { $0.with($1.key, $1.value) })
    }
    return .done
}

extension JSONLine {
    fileprivate init(_ info: StoreInfo) {
        self = JSONLine().with("id", info.id).with("status", info.status.rawValue)
            .withIfKnown("events", info.events).withIfKnown("streams", info.streams)
            .withIfKnown("problem", info.problem)
    }
}
