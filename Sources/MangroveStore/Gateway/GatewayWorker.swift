import Mangrove

/// One of the workers through which requests enter a store: it finds, or starts, the writer of a stream.
///
/// It keeps nothing of an engine's, and so goes on across the restarts of what is behind it.
actor GatewayWorker: ProcessActor {
    private let runtime: Runtime
    private let place: StorePlace
    private let names: StoreName
    private let writers: Address<SupervisorProcess>
    private let engine: Address<Store>

    init(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName) {
        runtime = context.runtime
        self.place = place
        self.names = names
        writers = runtime.address(names.name(.writers), of: SupervisorProcess.self)
        engine = runtime.address(names.name(.engine), of: Store.self)
    }

    /// Puts an append to one stream to its writer.
    func append(_ stream: String, _ expected: ExpectedVersion, _ events: [NewEvent]) async throws -> PendingAppend {
        try await writer(of: stream).call { try await $0.append(expected, events) }
    }

    /// Puts an append over several streams to the engine, which takes it as one.
    func append(_ parts: [StreamBatch]) async throws -> PendingAppend {
        try await engine.put(AppendRequest(parts))
    }

    private func writer(of stream: String) async throws -> Ref<StreamWriter> {
        let name = names.name(.writer, key: stream)
        let address = runtime.address(name, of: StreamWriter.self)
        if let present = try? address.resolve() { return present }
        let pool = try writers.partition(for: stream, as: DynamicSupervisorProcess.self)
        let (place, names) = (place, names)
        let writer = Worker(ChildID(stream), name: name, restart: .temporary) { context in
            StreamWriter(context, stream, place, names)
        }
        do {
            if let started = try await pool.startChild(writer, as: StreamWriter.self) { return started }
        } catch SupervisorError.startFailed(_, SupervisorError.nameTaken) {
            // Another worker was faster: that one is the stream's writer.
        }
        return try address.resolve()
    }
}
