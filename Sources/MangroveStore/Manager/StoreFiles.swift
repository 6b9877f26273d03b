import Mangrove

/// The files of a node's stores as its manager works with them: everything that changes which stores there are.
///
/// Work on files goes on when the process that asked for it is killed. Its successor looks at the files when nothing of that
/// is under way any more; see ``FileWork``.
struct StoreFiles: Sendable {
    private let node: NodePlace
    private let environment: RuntimeEnvironment

    init(_ node: NodePlace, _ environment: RuntimeEnvironment) {
        self.node = node
        self.environment = environment
    }

    /// All stores, sorted by name.
    func all() async throws -> [(id: String, found: StoresMachine.Found)] {
        await node.fileWork.ended()
        return try await environment.blocking.run { [node] in
            try node.data.stores().map { found in
                switch found {
                case .damaged(let store, let error), .missing(let store, let error):
                    (store, StoresMachine.Found(profile: node.standardProfile, problem: error))
                case .store(let manifest): (manifest.store, Self.found(manifest.store, manifest.identity, node))
                }
            }
        }
    }

    private static func found(_ id: String, _ identity: StoreIdentity, _ node: NodePlace) -> StoresMachine.Found {
        var found = StoresMachine.Found(identity: identity, profile: node.standardProfile)
        let directory = node.data.directory(of: id)
        do {
            found.profile = try node.profile(of: id, try directory.configuration())
        } catch let error as StoreError {
            found.problem = error
        } catch {
            let file = directory.path + "/" + StoreDirectory.configurationName
            found.problem = .damaged(store: id, file: file, offset: 0, what: "\(error); configure the store anew")
        }
        return found
    }

    func make(
        _ id: String,
        _ profile: StoreProfile,
        _ identity: StoreIdentity
    ) async -> Result<StoresMachine.Found, StoreError> {
        let created = Timestamp(microseconds: environment.clock.civilMicroseconds())
        return await change(id) { data throws(StoreError) in
            try StoreID.check(id)
            if let path = profile.resolved.directory, path != data.home(of: id).path {
                try data.createElsewhere(id, at: path, created: created, identity: identity, profile.configuration)
            } else {
                try data.directory(of: id)
                    .create(created: created, identity: identity, configuration: profile.configuration)
            }
            return StoresMachine.Found(identity: identity, profile: profile)
        }
    }

    func revive(_ kept: KeptStore) async -> Result<StoresMachine.Found, StoreError> {
        await change(kept.id) { [node] data throws(StoreError) in
            let identity = try data.revive(kept)
            return Self.found(kept.id, identity, node)
        }
    }

    func save(_ id: String, _ profile: StoreProfile) async -> StoreError? {
        let outcome = await change(id) { data throws(StoreError) in
            try data.directory(of: id).write(profile.configuration)
        }
        if case .failure(let error) = outcome { return error }
        return nil
    }

    func putAway(_ id: String, erasing: Bool) async -> Result<RemovedStore, StoreError> {
        let spare = StoreIdentity(high: environment.randomness.next(), low: environment.randomness.next())
        let path = node.data.directory(of: id).path
        let lease = await node.leases.take(path)
        defer { lease.release() }
        return await change(id) { data throws(StoreError) in
            if erasing {
                if let link = try data.link(of: id) {
                    try data.erase(link, of: id)
                } else {
                    try data.directory(of: id).discard()
                }
                return RemovedStore(id: id, kept: nil, directory: path)
            }
            guard try onDisk(id, { () throws(DiskError) in try data.disk.kind(of: data.home(of: id).path) }) != nil
            else {
                // Somebody has removed them already.
                return RemovedStore(id: id, kept: nil, directory: path)
            }
            // A name of its own even where nobody can read which store it was.
            let identity = try? Manifest.read(data.disk, path, store: id)
            let kept = KeptStore(id: id, identity: (identity?.identity ?? spare).hex)
            try data.keep(id, as: kept)
            return RemovedStore(id: id, kept: kept, directory: path)
        }
    }

    /// Has this node be the only one to use a store's directory, where that is not in the data directory.
    func claim(_ id: String) async throws {
        guard node.data.isElsewhere(id) else { return }
        try await environment.blocking.run { [data = node.data] in try data.claim(id) }
    }

    private func change<Value: Sendable>(
        _ id: String,
        _ body: @escaping @Sendable (DataDirectory) throws(StoreError) -> Value
    ) async -> Result<Value, StoreError> {
        let (data, work) = (node.data, node.fileWork)
        work.begin()
        do {
            return try await environment.blocking.run {
                defer { work.end() }
                do throws(StoreError) {
                    return .success(try body(data))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            return .failure(.unavailable(store: id, why: "\(error)"))
        }
    }
}

/// Counts what is being done to files, for whoever wants to look at them when it is over.
final class FileWork: Sendable {
    private struct State {
        var underWay = 0
        var waiting: [UnsafeContinuation<Void, Never>] = []
    }

    private let state = Lock(State())

    func begin() {
        state.withLock { $0.underWay += 1 }
    }

    func end() {
        let waiting = state.withLock { state -> [UnsafeContinuation<Void, Never>] in
            state.underWay -= 1
            guard state.underWay == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until nothing is under way.
    func ended() async {
        await withUnsafeContinuation { continuation in
            let isOver = state.withLock { state -> Bool in
                if state.underWay > 0 { state.waiting.append(continuation) }
                return state.underWay == 0
            }
            if isOver { continuation.resume() }
        }
    }
}
