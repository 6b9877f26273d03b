import Mangrove

/// Serves the node's gateway over the socket in its data directory, for as long as it lives.
actor SocketListener: ProcessActor, Terminating {
    private let server: GatewayServer

    init(_ context: ProcessContext, _ dataDirectory: String, _ gateway: LocalGateway) throws {
        let runtime = context.runtime
        let server = try GatewayServer.start(dataDirectory: dataDirectory, gateway: gateway) { work in
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
