import Mangrove

extension LocalGateway {
    /// The projections of a store, sorted by name.
    /// - Throws: ``StoreError``.
    public func projections(of store: String) async throws -> [ProjectionInfo] {
        try await projecting(store) { projector in
            try await projector.call(timeout: nil) { try await $0.list() }
        }
    }

    /// The state of one key of a projection.
    /// - Throws: ``StoreError``.
    public func projectedState(of name: String, in store: String, key: String) async throws -> [UInt8]? {
        try await projecting(store) { projector in
            let worker = try await projector.call(timeout: nil) { try await $0.worker(of: name) }
            return try await worker.call(timeout: nil) { try await $0.state(of: key) }
        }
    }

    /// The states of a projection in the order of their keys.
    /// - Throws: ``StoreError``.
    public func projectedStates(
        of name: String,
        in store: String,
        after: String?,
        count: Int
    ) async throws -> [ProjectedState] {
        guard count >= 1 else { throw StoreError.invalid("a read asks for at least one state, not for \(count)") }
        return try await projecting(store) { projector in
            let worker = try await projector.call(timeout: nil) { try await $0.worker(of: name) }
            return try await worker.call(timeout: nil) { try await $0.states(after: after, count: count) }
        }
    }

    /// Computes a projection anew, from the first event.
    /// - Throws: ``StoreError``.
    public func rebuildProjection(_ name: String, of store: String) async throws {
        // Rebuilt twice is rebuilt.
        try await projecting(store) { projector in
            let worker = try await projector.call(timeout: nil) { try await $0.worker(of: name) }
            try await worker.call(timeout: nil) { try await $0.rebuild() }
        }
    }

    /// Makes a projection of an aggregate, or changes it.
    /// - Throws: ``StoreError``.
    public func createAggregate(_ name: String, of store: String, _ aggregate: Aggregate) async throws {
        try SubscriptionDefinition.check(name)
        try aggregate.check()
        // Made twice it is what it is made once.
        try await projecting(store) { projector in
            try await projector.call(timeout: nil) { try await $0.create(name, aggregate) }
        }
    }

    /// Removes an aggregate with its states.
    /// - Throws: ``StoreError``.
    public func deleteAggregate(_ name: String, of store: String) async throws {
        try await projecting(store) { projector in
            try await projector.call(timeout: nil) { try await $0.delete(name) }
        }
    }

    private func projecting<Answer: Sendable>(
        _ store: String,
        _ question: @Sendable (Ref<EventProjector>) async throws -> Answer
    ) async throws -> Answer {
        try await retrying(store, appends: true) { [self] in
            try await question(
                runtime.address(StoreName(store: store).name(.projector), of: EventProjector.self).resolve()
            )
        }
    }
}
