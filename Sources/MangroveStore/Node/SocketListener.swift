import Mangrove

/// Serves the node's gateway over the socket in its data directory, for as long as it lives.
actor SocketListener: ProcessActor, Terminating {
    private let server: GatewayServer

    init(_ context: ProcessContext, _ settings: NodeSettings, _ gateway: LocalGateway) throws {
        let runtime = context.runtime
        var rules = ConnectionRules(access: settings.access, requests: settings.requestLimit, in: runtime)
        rules.controls = gateway.node.controls
        let server = try GatewayServer.start(
            dataDirectory: settings.dataDirectory,
            gateway: gateway,
            rules: rules
        ) { work in
            runtime.spawn { await work() }
        }
        self.server = server
        context.onExit { _ in server.close() }
    }

    /// Takes no more requests, and answers those under way.
    func terminate(reason: ExitReason) async {
        await server.stop()
    }
}
