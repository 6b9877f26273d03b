/// How the health of a node travels.
extension WireWriter {
    mutating func nodeHealth(_ health: NodeHealth) {
        timestamp(health.time)
        list(health.components) { writer, component in
            writer.text(component.kind.rawValue)
            writer.text(component.store)
            writer.text(component.name)
            writer.list(component.checks) { writer, check in
                writer.text(check.name)
                writer.text(check.status.rawValue)
                writer.text(check.reason)
                writer.timestamp(check.since)
            }
        }
    }
}

extension WireReader {
    mutating func nodeHealth() throws(WireError) -> NodeHealth {
        NodeHealth(
            time: try timestamp(),
            components: try list { (reader) throws(WireError) in
                guard let kind = ComponentHealth.Kind(rawValue: try reader.text()) else {
                    throw WireError(what: "a component")
                }
                return ComponentHealth(
                    kind: kind,
                    store: try reader.text(),
                    name: try reader.text(),
                    checks: try reader.list { (reader) throws(WireError) in
                        let name = try reader.text()
                        guard let status = HealthStatus(rawValue: try reader.text()) else {
                            throw WireError(what: "a status")
                        }
                        return HealthCheck(
                            name: name,
                            status: status,
                            reason: try reader.text(),
                            since: try reader.timestamp()
                        )
                    }
                )
            }
        )
    }
}

extension SocketGateway {
    /// Asks the node, as ``OperationGateway/health()`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func health() async throws -> NodeHealth {
        try await ask(.operation(.health)) { if case .operation(.health(let health)) = $0 { health } else { nil } }
    }
}
