import Mangrove

/// The stores as they are configured by whoever keeps their configuration.
extension LocalGateway: ConfiguredStores {
    func apply(
        _ store: String,
        _ configuration: StoreConfiguration,
        isActive: Bool,
        wasMade: Bool
    ) async throws {
        try StoreID.check(store)
        if !isActive { node.halted.add(store) }
        var profile = try node.checkedProfile(of: store, configuration)
        // Made, and not started.
        if !isActive { profile.resolved.autoStart = false }
        if wasMade {
            let expected = profile
            try await askManager { $0.expect(store, expected) }
            _ = try await request(store, .configure(profile))
        } else {
            try await make(store, profile)
        }
        if isActive {
            guard node.halted.remove(store), profile.resolved.autoStart else { return }
            _ = try await request(store, .run)
        } else {
            _ = try await request(store, .halt)
        }
    }

    private func make(_ store: String, _ profile: StoreProfile) async throws {
        let random = runtime.environment.randomness
        let identity = StoreIdentity(high: random.next(), low: random.next())
        do {
            _ = try await request(store, .create(profile, identity))
        } catch StoreError.storeExists {
            _ = try await request(store, .configure(profile))
        }
    }

    func remove(_ store: String, erasing: Bool) async throws {
        do {
            _ = try await request(store, .remove(erasing: erasing))
        } catch StoreError.noSuchStore {
            // That is what was asked for.
        }
        node.halted.remove(store)
    }

    func present() async throws -> [String: StoreConfiguration] {
        try await askManager { manager in
            var present: [String: StoreConfiguration] = [:]
            for info in manager.list() { present[info.id] = try manager.profile(of: info.id).configuration }
            return present
        }
    }
}

/// The stores of a node that do not start, whoever asks for them.
final class HaltedStores: Sendable {
    private let stores = Lock<Set<String>>([])

    func contains(_ store: String) -> Bool { stores.withLock { $0.contains(store) } }

    func add(_ store: String) { stores.withLock { _ = $0.insert(store) } }

    /// - Returns: whether it was one of them.
    @discardableResult
    func remove(_ store: String) -> Bool { stores.withLock { $0.remove(store) != nil } }
}
