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

    /// Puts an append to the engine, which takes it as one: over several streams, or of events that must be read and
    /// compared first.
    func append(_ request: AppendRequest) async throws -> PendingAppend {
        try await engine.put(request)
    }

    /// Puts appends to the engine one after the other, to be flushed together, and waits for all of them.
    /// - Returns: the highest position they have.
    func append(inOrder requests: [AppendRequest]) async throws -> Int? {
        var pending: [PendingAppend] = []
        for request in requests { pending.append(try await engine.put(request)) }
        var last: Int?
        for append in pending {
            for result in try await append.results() { last = [last, result.position].compactMap(\.self).max() }
        }
        return last
    }

    /// Puts a change of how much of a stream is kept to the engine.
    func change(_ stream: String, _ change: StreamChange) async throws -> PendingAppend {
        try await engine.call { try $0.stage(change, of: stream) }
    }

    /// The writer of a stream, started if need be.
    func writer(of stream: String) async throws -> Ref<StreamWriter> {
        let name = names.name(.writer, key: stream)
        let address = runtime.address(name, of: StreamWriter.self)
        if let present = try? address.resolve() { return present }
        let pool = try writers.partition(for: stream, as: DynamicSupervisorProcess.self)
        let (place, names) = (place, names)
        let writer = Worker(ChildID(stream), name: name, restart: .temporary) { context in
            StreamWriter(context, place, names)
        }
        do {
            if let started = try await pool.startChild(writer, as: StreamWriter.self) { return started }
        } catch SupervisorError.startFailed(_, SupervisorError.nameTaken) {
            // Another worker was faster: that one is the stream's writer.
        }
        return try address.resolve()
    }
}
