package import Mangrove

/// One store's directory: its manifest, its log in `raft_logs`, its checkpoints in `snapshots`.
///
/// A store exists if and only if the directory has a valid manifest. Creating one writes the manifest last; removing one
/// takes it away first. So a store is never half there; what an interrupted creation or removal left is told from a store
/// by its missing manifest, and cleaned away by the next ``clean()``.
package struct StoreDirectory: Sendable {
    /// What a directory turned out to be.
    package enum State: Sendable, Equatable {
        /// There is none.
        case absent
        /// A store.
        case store(Manifest)
        /// What an interrupted creation or removal left behind.
        case leftover
    }

    let disk: any Disk
    /// The directory's path.
    package let path: String
    /// The store's name.
    package let store: String

    /// Names the directory of `store` within `dataDirectory`.
    package init(disk: any Disk, dataDirectory: String, store: String) {
        self.init(disk: disk, path: dataDirectory + "/" + store, store: store)
    }

    /// Names a store's directory by its path, whose last component is the store's name.
    package init(disk: any Disk, path: String, store: String? = nil) {
        self.disk = disk
        self.path = path
        self.store = store ?? path.split(separator: "/").last.map { String($0) } ?? path
    }

    /// Where the log's segments are.
    package var logPath: String { path + "/raft_logs" }
    /// Where the checkpoints are.
    package var snapshotPath: String { path + "/snapshots" }

    /// Looks at what is there.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)`` for a manifest that cannot be right, or none where there
    ///   are records; such a directory is never cleaned away.
    package func state() throws(StoreError) -> State {
        guard try onDisk(store, { () throws(DiskError) in try disk.kind(of: path) }) == .directory else {
            return .absent
        }
        if let manifest = try Manifest.read(disk, path, store: store) { return .store(manifest) }
        if let link = try StoreLink.read(disk, path, store: store) {
            // Whoever asks has not been told; nothing of it may be cleaned away.
            throw .refused("the files of store '\(store)' are not in \(path) but in \(link.path)")
        }
        let names = try names(in: path)
        if names.contains(Manifest.removedName) { return .leftover }
        for name in try names.contains("raft_logs") ? self.names(in: logPath) : [] {
            let size = try onDisk(store) { () throws(DiskError) in try disk.open(logPath + "/" + name, .read).size() }
            if size > SegmentFormat.header {
                let file = path + "/" + Manifest.name
                throw .damaged(store: store, file: file, offset: 0, what: "there are records but no manifest")
            }
        }
        return .leftover
    }

    /// Creates the store, durably. Its first segment is there before its manifest: no segment at all is damage.
    /// - Parameter configuration: what is configured for it; nil for nothing.
    /// - Throws: ``StoreError/storeExists(_:)``, ``StoreError/invalid(_:)`` for its name, or
    ///   ``StoreError/unavailable(store:why:)``: then it may or may not exist, which ``state()`` tells.
    package func create(
        created: Timestamp,
        identity: StoreIdentity,
        configuration: StoreConfiguration? = nil
    ) throws(StoreError) {
        if !StoreID.isReserved(store) { try StoreID.check(store) }
        switch try state() {
        case .store: throw .storeExists(store)
        case .leftover: try removeFiles()
        case .absent: break
        }
        let manifest = Manifest(store: store, created: created, identity: identity)
        try onDisk(store) { () throws(DiskError) in
            try disk.createDirectory(path)
            try disk.createDirectory(logPath)
            try disk.createDirectory(snapshotPath)
            let segment = try disk.open(logPath + "/" + SegmentFormat.name(1), .replace)
            defer { segment.close() }
            try segment.write(SegmentFormat.encode(first: 1, identity: identity), at: 0)
            try segment.flush()
            try disk.syncDirectory(logPath)
            try disk.syncDirectory(path)
            try disk.syncDirectory(parent)
            if let configuration {
                try disk.replace(path, Self.configurationName, with: CheckedFile.encode(configuration.json))
            }
            try diskFaultPoint("store.beforeManifest", path)
            try disk.replace(path, Manifest.name, with: manifest.encoded())
        }
    }

    /// Removes the store, durably: first its manifest, at once, then its files. Nothing may have it open.
    /// - Throws: ``StoreError/noSuchStore(_:)``, or ``StoreError/unavailable(store:why:)``: then the store is there whole,
    ///   or it is gone and some of its files are left for ``clean()``; ``state()`` tells.
    package func remove() throws(StoreError) {
        switch try state() {
        case .absent: throw .noSuchStore(store)
        case .leftover:
            try removeFiles()
            throw .noSuchStore(store)
        case .store: break
        }
        try discard()
    }

    /// Removes whatever is in the directory, damaged or not, as ``remove()`` does; fine if there is nothing.
    /// - Throws: ``StoreError/unavailable(store:why:)``: then what is left is there for ``clean()``.
    package func discard() throws(StoreError) {
        guard try onDisk(store, { () throws(DiskError) in try disk.kind(of: path) }) == .directory else { return }
        try onDisk(store) { () throws(DiskError) in
            let (manifest, removed) = (path + "/" + Manifest.name, path + "/" + Manifest.removedName)
            if try disk.kind(of: manifest) != nil {
                try disk.rename(manifest, to: removed)
            } else if try disk.kind(of: removed) == nil {
                try disk.open(removed, .replace).close()
            }
            try disk.syncDirectory(path)
            try diskFaultPoint("store.beforeRemoval", path)
        }
        try removeFiles()
    }

    /// Removes what an interrupted creation or removal left; does nothing to a store.
    /// - Returns: whether there was something.
    @discardableResult
    package func clean() throws(StoreError) -> Bool {
        guard try state() == .leftover else { return false }
        try removeFiles()
        return true
    }

    /// The mark of a removal goes last, after everything else is durably gone: until then the directory is a leftover. Once
    /// a directory's name is gone for good, so is what was in it.
    private func removeFiles() throws(StoreError) {
        for directory in [logPath, snapshotPath] {
            guard try onDisk(store, { () throws(DiskError) in try disk.kind(of: directory) }) == .directory else {
                continue
            }
            let names = try names(in: directory)
            try onDisk(store) { () throws(DiskError) in
                for name in names { try disk.removeFile(directory + "/" + name) }
                try disk.removeDirectory(directory)
            }
        }
        let others = try names(in: path).filter { $0 != Manifest.removedName }
        try onDisk(store) { () throws(DiskError) in
            for name in others { try disk.removeFile(path + "/" + name) }
            try disk.syncDirectory(path)
            try disk.removeIfPresent(path + "/" + Manifest.removedName)
            try disk.removeDirectory(path)
            try disk.syncDirectory(parent)
        }
    }

    var parent: String {
        var components = path.split(separator: "/", omittingEmptySubsequences: false)
        components.removeLast()
        if components.isEmpty { return "." }
        return components == [""] ? "/" : components.joined(separator: "/")
    }

    func names(in directory: String) throws(StoreError) -> [String] {
        try onDisk(store) { () throws(DiskError) in try disk.list(directory) }
    }
}
