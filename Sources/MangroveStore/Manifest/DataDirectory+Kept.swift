import Mangrove

/// A store that was removed and whose files were kept: it is in no list of stores, and no restart brings it back, but
/// ``StoresGateway/reviveStore(_:)`` does.
public struct KeptStore: Sendable, Hashable {
    /// The name it had.
    public var id: String
    /// What tells it from others of its name: 32 hexadecimal digits.
    public var identity: String

    /// What it is called: `orders@00c2…9f1e`.
    public var name: String { "\(id)@\(identity)" }

    /// Makes a value of its parts.
    public init(id: String, identity: String) {
        self.id = id
        self.identity = identity
    }

    /// Reads what it is called.
    public init?(name: String) {
        let parts = name.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, StoreID.isValid(parts[0]), StoreIdentity(hex: parts[1]) != nil else { return nil }
        self.init(id: parts[0], identity: parts[1])
    }
}

/// What a removal did.
public struct RemovedStore: Sendable, Hashable {
    /// The store that is gone.
    public var id: String
    /// What it is called now; nil if its events were erased.
    public var kept: KeptStore?
    /// Where its files are, or were.
    public var directory: String

    /// Makes a value of its parts.
    public init(id: String, kept: KeptStore?, directory: String) {
        self.id = id
        self.kept = kept
        self.directory = directory
    }
}

extension DataDirectory {
    private static let keptPrefix = ".removed-"

    func path(of kept: KeptStore) -> String { path + "/" + Self.keptPrefix + kept.name }

    /// The stores that were removed and kept, sorted by name.
    func kept() throws(StoreError) -> [KeptStore] {
        let names = try onDisk("") { () throws(DiskError) in try disk.list(path) }
        return names.compactMap { name in
            guard name.hasPrefix(Self.keptPrefix) else { return nil }
            return KeptStore(name: String(name.dropFirst(Self.keptPrefix.count)))
        }
    }

    /// Takes a store out of the node by giving its directory a name that is no store's. Nothing may have it open.
    ///
    /// Its files stay as they are, those of a store elsewhere where they are.
    func keep(_ store: String, as kept: KeptStore) throws(StoreError) {
        try onDisk(store) { () throws(DiskError) in
            try disk.rename(home(of: store).path, to: path(of: kept))
            try disk.syncDirectory(path)
        }
        release(store)
        elsewhere.withLock { $0[store] = nil }
    }

    /// Makes a store of what was kept, as it was.
    /// - Throws: ``StoreError/noSuchStore(_:)`` if nothing of the name was kept, or it was being erased;
    ///   ``StoreError/damaged(store:file:offset:what:)``; ``StoreError/unavailable(store:why:)``.
    func revive(_ kept: KeptStore) throws(StoreError) -> StoreIdentity {
        let (from, home) = (path(of: kept), home(of: kept.id))
        let source = StoreDirectory(disk: disk, path: from, store: kept.id)
        let link = try StoreLink.read(disk, from, store: kept.id)
        let identity: StoreIdentity
        if let link {
            identity = try follow(link, of: kept.id).identity
        } else {
            guard case .store(let manifest) = try source.state() else { throw .noSuchStore(kept.name) }
            identity = manifest.identity
        }
        if case .store = try home.state() { throw .storeExists(kept.id) }
        try home.clean()
        try onDisk(kept.id) { () throws(DiskError) in
            try disk.rename(from, to: home.path)
            try disk.syncDirectory(path)
        }
        if let link { elsewhere.withLock { $0[kept.id] = link.path } }
        return identity
    }

    /// Erases what was kept of a store.
    /// - Throws: ``StoreError/noSuchStore(_:)``; ``StoreError/unavailable(store:why:)``: then it can be erased again.
    func erase(_ kept: KeptStore) throws(StoreError) {
        let from = path(of: kept)
        guard try onDisk("", { () throws(DiskError) in try disk.kind(of: from) }) == .directory else {
            throw .noSuchStore(kept.name)
        }
        if let link = try StoreLink.read(disk, from, store: kept.id) {
            let manifest = try? Manifest.read(disk, link.path, store: kept.id)
            if manifest == nil || manifest?.identity == link.identity {
                try StoreDirectory(disk: disk, path: link.path, store: kept.id).discard()
            }
        }
        try StoreDirectory(disk: disk, path: from, store: kept.id).discard()
    }
}
