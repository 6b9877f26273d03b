import MangroveStore

/// `grove streams`: lists a store's streams.
func listStreams(_ options: StreamsOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    for info in try await gateway.streams(of: options.store) {
        try console.output.line(JSONLine().with("stream", info.stream).with("version", info.version))
    }
    return .done
}

/// `grove stores`: lists stores, makes, configures and removes them, and shows how one is doing.
func manageStores(_ options: StoresOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    let output = console.output
    switch options.action {
    case .list:
        for info in try await gateway.stores() { try output.line(JSONLine(info)) }
    case .create(let id, let configuration):
        try await gateway.createStore(id, configuration)
        try output.line(JSONLine(try await gateway.storeStatus(id)))
    case .remove(let id, let erasing):
        let removed = try await gateway.removeStore(id, erasing: erasing)
        try output.line(
            JSONLine().with("id", id).with("status", erasing ? "erased" : "removed")
                .withIfKnown("kept", removed.kept?.name)
        )
    case .show(let id):
        let info = try await gateway.storeStatus(id)
        try output.line(
            JSONLine(info).withDetails(info).with("own", text: try await gateway.ownConfiguration(of: id).json)
                .with("inForce", json: try await inForce(id, gateway))
        )
    case .status(let id):
        try output.line(JSONLine(try await gateway.storeStatus(id)))
    case .configuration(let id):
        try output.line(try await inForce(id, gateway))
    case .set(let id, let settings):
        var configuration = try await gateway.ownConfiguration(of: id)
        for setting in settings { configuration.set(setting) }
        let restarted = try await gateway.configureStore(id, configuration)
        try output.line(
            JSONLine().with("id", id).with("restarted", restarted).with("own", text: configuration.json)
        )
    case .kept:
        for kept in try await gateway.keptStores() {
            try output.line(JSONLine().with("kept", kept.name).with("id", kept.id))
        }
    case .revive(let name):
        try await gateway.reviveStore(name)
        try output.line(JSONLine(try await gateway.storeStatus(String(name.prefix { $0 != "@" }))))
    case .erase(let name):
        try await gateway.eraseKeptStore(name)
        try output.line(JSONLine().with("kept", name).with("status", "erased"))
    }
    return .done
}

private func inForce(_ id: String, _ gateway: any Gateway) async throws -> JSONLine {
    let values = try await gateway.storeConfiguration(id).sorted { $0.key < $1.key }
    return values.reduce(JSONLine()) { $0.with($1.key, $1.value) }
}

extension JSONLine {
    fileprivate init(_ info: StoreInfo) {
        self = JSONLine().with("id", info.id).with("status", info.status.rawValue)
            .withIfKnown("events", info.events).withIfKnown("streams", info.streams)
            .withIfKnown("problem", info.problem)
    }

    fileprivate func withDetails(_ info: StoreInfo) -> JSONLine {
        let limits = info.limits.reduce(JSONLine()) { line, use in
            line.with(use.kind.rawValue, json: JSONLine().with("limit", use.limit).with("used", use.used))
        }
        return with("priority", info.priority.rawValue).with("autoStart", info.autoStart)
            .withIfKnown("directory", info.directory).with("limits", json: limits)
    }
}
