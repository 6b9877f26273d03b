import Mangrove

extension LocalGateway {
    /// Appends events as of the times at which they were recorded elsewhere, and returns when they are durable.
    /// - Throws: ``StoreError``.
    public func appendRecorded(_ batches: [RecordedBatch], to store: String) async throws -> Int? {
        guard let first = batches.first?.parts.first else { return nil }
        var requests: [AppendRequest] = []
        for batch in batches {
            var request = AppendRequest(batch.parts)
            request.created = batch.created
            try request.check()
            try check(batch.parts.flatMap(\.events), for: store)
            for number in request.parts.indices {
                let part = request.parts[number]
                request.parts[number].events = try await sealed(part.events, of: part.stream, in: store)
            }
            requests.append(request)
        }
        try await admit(batches.reduce(0) { $0 + $1.count }, to: store)
        let sealed = requests
        return try await retrying(store, appends: true, recognized: true) { [self] in
            try await worker(store, first.stream).call(timeout: nil) { try await $0.append(inOrder: sealed) }
        }
    }

    /// How many events are read at a time, and how long a migration that has caught up waits before it looks again.
    private static let migrationPage = 500
    private static let migrationPause = Duration.milliseconds(100)

    func migrate(_ request: MigrationRequest, _ board: OperationBoard) async throws -> MigrationReport {
        _ = try await storeStatus(request.target)
        let source = try await gateway(of: request.source)
        defer { (source as? SocketGateway)?.close() }
        _ = try await source.storeStatus(request.source.store)
        var machine = MigrationMachine(request)
        var effects = machine.handle(.began(next: try await notedPlace(of: request)))
        while !effects.isEmpty {
            try Task.checkCancellation()
            switch effects.removeFirst() {
            case .read(let place):
                let page = try await source.readAll(
                    from: request.source.store,
                    start: place,
                    count: Self.migrationPage,
                    filter: request.filter
                )
                let count = try await source.storeStatus(request.source.store).events ?? page.next
                effects += machine.handle(.page(page, count: count))
            case .append(let batches):
                _ = try await appendRecorded(batches, to: request.target)
                effects += machine.handle(.appended)
            case .note(let next):
                try await note(next, of: request)
                effects += machine.handle(.noted)
            case .pause:
                try await runtime.sleep(for: Self.migrationPause)
                effects += machine.handle(.paused)
            case .report:
                let state = machine.state
                board.report(
                    OperationProgress(
                        subject: request.source.store,
                        done: state.events,
                        total: state.events + state.lag
                    )
                )
            case .done: return machine.state
            }
        }
        return machine.state
    }

    private func gateway(of source: MigrationRequest.Source) async throws -> any Gateway {
        guard case .node(let directory, _, let token) = source else { return self }
        do {
            let gateway = try await SocketGateway.connect(dataDirectory: directory)
            if let token { try await gateway.present(try CapabilityToken(text: token)) }
            return gateway
        } catch let error as SocketError {
            throw StoreError.unavailable(store: source.store, why: error.description)
        }
    }

    // MARK: The place come to

    private func notedPlace(of request: MigrationRequest) async throws -> Int {
        try await retrying(request.target) { [self] in
            guard let session = node.running.session(of: request.target) else {
                throw StoreError.unavailable(store: request.target, why: "it is restarting")
            }
            let value = try await session.read { engine in try engine.fact(.migrations, request.key) }
            guard let value, let place = Int(String(decoding: value, as: UTF8.self)), place >= 0 else { return 0 }
            return place
        }
    }

    private func note(_ next: Int, of request: MigrationRequest) async throws {
        let change = FactChange(.migrations, request.key, Array("\(next)".utf8))
        // Made twice it is what it is made once.
        try await retrying(request.target, appends: true) { [self] in
            try await runtime.address(StoreName(store: request.target).name(.engine), of: Store.self).record([change])
        }
    }
}
