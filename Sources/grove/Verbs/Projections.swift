import MangroveStore

/// `grove projections`: lists projections, shows their states, and makes, rebuilds and removes aggregates.
func manageProjections(_ options: ProjectionsOptions, _ gateway: any Gateway, _ console: Console) async throws
    -> ExitCode
{
    let store = options.store
    func list(_ name: String?) async throws {
        for info in try await gateway.projections(of: store) where name == nil || info.name == name {
            try console.output.line(
                JSONLine().with("name", info.name).with("checkpoint", info.checkpoint).with("lag", info.lag)
                    .with("states", info.states).withIfKnown("failure", info.failure)
            )
        }
    }
    switch options.action {
    case .list: try await list(nil)
    case .create(let name, let aggregate):
        try await gateway.createAggregate(name, of: store, aggregate)
        try await list(name)
    case .show(let name, let key?):
        if let state = try await gateway.projectedState(of: name, in: store, key: key) {
            try console.output.line(ProjectedState(key: key, data: state))
        }
    case .show(let name, nil):
        var last: String?
        while true {
            let states = try await gateway.projectedStates(of: name, in: store, after: last, count: 500)
            for state in states { try console.output.line(state) }
            guard let end = states.last else { break }
            last = end.key
        }
    case .rebuild(let name):
        try await gateway.rebuildProjection(name, of: store)
        try await list(name)
    case .delete(let name):
        try await gateway.deleteAggregate(name, of: store)
        try console.output.line(JSONLine().with("name", name).with("status", "deleted"))
    }
    return .done
}

extension Output {
    /// Adds a state as a line: as JSON where it is JSON, else as a string.
    fileprivate func line(_ state: ProjectedState) throws(StreamError) {
        try append { text in
            text.append(contentsOf: JSONLine().with("key", state.key).json.dropLast())
            text.append(contentsOf: Array(",\"state\":".utf8))
            if (try? JSONText.check(state.data)) != nil {
                text += state.data
            } else {
                JSONText.append(String(decoding: state.data, as: UTF8.self), to: &text)
            }
            text.append(contentsOf: Array("}\n".utf8))
        }
    }
}
