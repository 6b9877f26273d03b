import Mangrove

/// Stores whose files are not in the data directory, but in a directory somebody chose: on another disk, say.
extension DataDirectory {
    /// Whether a store's files are elsewhere.
    func isElsewhere(_ store: String) -> Bool {
        elsewhere.withLock { $0[store] != nil }
    }

    func link(of store: String) throws(StoreError) -> StoreLink? {
        try StoreLink.read(disk, home(of: store).path, store: store)
    }

    /// Ends what was begun with a store elsewhere and did not come to its end: a making or an erasing.
    /// - Returns: whether there is, or was, such a store.
    func cleanLink(of store: String) throws(StoreError) -> Bool {
        guard let link = try link(of: store) else { return false }
        switch link.state {
        case .here: elsewhere.withLock { $0[store] = link.path }
        case .making, .erasing: try discard(link, of: store)
        }
        return true
    }

    /// The manifest at the other end of a link.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if there is none; ``StoreError/damaged(store:file:offset:what:)``.
    func follow(_ link: StoreLink, of store: String) throws(StoreError) -> Manifest {
        guard case .store(let manifest) = try StoreDirectory(disk: disk, path: link.path, store: store).state() else {
            throw .unavailable(store: store, why: "there is no store in \(link.path); is its disk mounted?")
        }
        guard manifest.identity == link.identity else {
            throw .unavailable(store: store, why: "there is another store of its name in \(link.path)")
        }
        return manifest
    }

    /// Makes a store whose files are at `path`.
    /// - Throws: ``StoreError/refused(_:)`` if there is something already; as ``StoreDirectory/create(created:identity:configuration:)``.
    func createElsewhere(
        _ store: String,
        at path: String,
        created: Timestamp,
        identity: StoreIdentity,
        _ configuration: StoreConfiguration
    ) throws(StoreError) {
        let (home, target) = (home(of: store), StoreDirectory(disk: disk, path: path, store: store))
        if case .store = try home.state() { throw .storeExists(store) }
        try home.clean()
        // What stands there is not ours to remove.
        if try onDisk(store, { () throws(DiskError) in try disk.kind(of: path) }) != nil {
            guard try target.names(in: path).isEmpty else {
                throw .refused("the directory \(path) is not empty: a store needs one of its own")
            }
        }
        try onDisk(store) { () throws(DiskError) in
            try disk.createDirectory(home.path)
            try disk.syncDirectory(self.path)
        }
        try StoreLink(.making, identity, path: path).write(disk, home.path, store: store)
        try onDisk(store) { () throws(DiskError) in try Self.createPath(disk, target.parent) }
        try target.create(created: created, identity: identity, configuration: configuration)
        try StoreLink(.here, identity, path: path).write(disk, home.path, store: store)
        elsewhere.withLock { $0[store] = path }
    }

    /// Erases a store whose files are elsewhere.
    func erase(_ link: StoreLink, of store: String) throws(StoreError) {
        var link = link
        link.state = .erasing
        try link.write(disk, home(of: store).path, store: store)
        try discard(link, of: store)
    }

    private func discard(_ link: StoreLink, of store: String) throws(StoreError) {
        let target = StoreDirectory(disk: disk, path: link.path, store: store)
        // Somebody else's store in the same place is left alone.
        let manifest = try? Manifest.read(disk, link.path, store: store)
        if manifest == nil || manifest?.identity == link.identity { try target.discard() }
        release(store)
        elsewhere.withLock { $0[store] = nil }
        try home(of: store).discard()
    }

    /// Has this node be the only one that uses a store's directory elsewhere; fine if it is already.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if another has it, or it is not there.
    func claim(_ store: String) throws(StoreError) {
        guard let path = elsewhere.withLock({ $0[store] }), claims.withLock({ $0[store] }) == nil else { return }
        if let link = try link(of: store) { _ = try follow(link, of: store) }
        let outcome = try onDisk(store) { () throws(DiskError) in try disk.lock(path + "/lock", note: owner) }
        switch outcome {
        case .held(let lock): claims.withLock { $0[store] = lock }
        case .heldElsewhere(let note):
            throw .unavailable(store: store, why: "its directory \(path) is in use by process \(note)")
        }
    }

    /// Lets others use a store's directory elsewhere.
    func release(_ store: String) {
        claims.withLock { $0.removeValue(forKey: store) }?.unlock()
    }
}
