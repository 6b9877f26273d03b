import MangroveStore

/// What `grove health` is asked for.
struct HealthOptions: Equatable {
    var dataDirectory: String
    /// Whether what is healthy is printed too.
    var showsAll: Bool
    var asJSON: Bool
}

/// `grove health`: says how a node is, by its exit code too.
func showHealth(_ options: HealthOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    let health = try await gateway.health()
    if options.asJSON {
        try console.output.line(JSONLine(health))
    } else {
        var table = Table()
        var isEmpty = true
        for component in health.components where options.showsAll || component.status > .healthy {
            let worst = component.checks.filter { $0.status == component.status }.map(\.since).min()
            let style: Style = component.status == .healthy ? .green : component.status == .degraded ? .yellow : .red
            let cells = (Table.Cell(component.status.rawValue, style), Table.Cell(component.label))
            let since = Table.Cell(worst?.description ?? "")
            if component.reason.isEmpty {
                table.add(cells.0, cells.1, since)
            } else {
                table.add(cells.0, cells.1, since, Table.Cell(component.reason))
            }
            isEmpty = false
        }
        if isEmpty {
            let stores = health.components.count { $0.kind == .store }
            try console.output.write("healthy: the node and \(stores) stores\n")
        } else {
            try console.output.write(table.text(Painter(console.outputTraits)))
        }
    }
    return switch health.status {
    case .healthy: .done
    case .degraded: .degraded
    case .unhealthy: .unhealthy
    }
}

extension JSONLine {
    fileprivate init(_ health: NodeHealth) {
        self = JSONLine().with("status", health.status.rawValue).with("time", health.time.description)
            .with("components", health.components.map { JSONLine($0) })
    }

    private init(_ component: ComponentHealth) {
        self = JSONLine().with("kind", component.kind.rawValue)
            .withIfKnown("store", component.store.isEmpty ? nil : component.store)
            .withIfKnown("name", component.name.isEmpty ? nil : component.name)
            .with("status", component.status.rawValue)
            .with("checks", component.checks.map { JSONLine($0) })
    }

    private init(_ check: HealthCheck) {
        self = JSONLine().with("name", check.name).with("status", check.status.rawValue)
            .withIfKnown("reason", check.reason.isEmpty ? nil : check.reason)
            .with("since", check.since.description)
    }
}
