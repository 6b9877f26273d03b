import Mangrove

/// A directory that holds backups: any number of them, which share the files they have in common.
///
/// ```
/// TARGET/lock                             held while somebody writes here
/// TARGET/3.backup                         the third backup; see ``BackupManifest``
/// TARGET/stores/orders-<identity>/…       the files of a store
/// ```
///
/// Files only ever grow, and only a file that no backup names is removed: so a backup that is cut off leaves those before
/// it as they are, and what it has left is no backup.
struct BackupTarget: Sendable {
    let disk: any Disk
    /// The directory's path.
    let path: String

    /// What stands in a target.
    struct Contents: Sendable {
        /// The backups that can be read, oldest first.
        var backups: [BackupManifest] = []
        /// Those whose manifest cannot be right, and what is wrong.
        var damaged: [(name: String, what: String)] = []
        /// The number that no backup has had yet.
        var next = 1
    }

    init(disk: any Disk, path: String) {
        self.disk = disk
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    var storesPath: String { path + "/stores" }

    /// The path of a store's file.
    func file(_ store: BackupManifest.Store, _ file: BackupManifest.File) -> String {
        storesPath + "/" + store.directory + "/" + file.kept
    }

    /// Looks at what is there. Blocks.
    /// - Throws: ``StoreError/noSuchBackup(_:)`` if it is no directory; ``StoreError/unavailable(store:why:)``.
    func contents() throws(StoreError) -> Contents {
        guard try onDisk("", { () throws(DiskError) in try disk.kind(of: path) }) == .directory else {
            throw .noSuchBackup("there is no backup at '\(path)'")
        }
        return try onDisk("") { () throws(DiskError) in
            var contents = Contents()
            for name in try disk.list(path) {
                guard let number = BackupManifest.number(of: name) else { continue }
                contents.next = max(contents.next, number + 1)
                let bytes = try disk.contents(path + "/" + name, limit: BackupManifest.limit) ?? []
                do throws(Malformed) {
                    contents.backups.append(try BackupManifest(decoding: bytes, name: name))
                } catch {
                    contents.damaged.append((name, error.what))
                }
            }
            contents.backups.sort { $0.number < $1.number }
            return contents
        }
    }

    /// Makes the directory if it is not there, and takes it for writing. Blocks.
    /// - Throws: ``StoreError/refused(_:)`` if it holds something else than backups, or somebody is writing there;
    ///   ``StoreError/unavailable(store:why:)``.
    func take() throws(StoreError) -> any DiskLock {
        let outcome = try onDisk("") { () throws(DiskError) -> DiskLockOutcome? in
            let isNew = try disk.kind(of: path) == nil
            if isNew { try DataDirectory.createPath(disk, path) }
            // Beside a file of somebody else's nothing of a backup is to be mistaken for it.
            let foreign = try disk.list(path).contains { name in
                name != "lock" && name != "stores" && !name.hasSuffix(BackupManifest.suffix)
                    && !name.hasSuffix(BackupManifest.suffix + ".tmp")
            }
            guard !foreign else { return nil }
            let outcome = try disk.lock(path + "/lock", note: "a backup")
            try disk.createDirectory(storesPath)
            try disk.syncDirectory(path)
            return outcome
        }
        switch outcome {
        case nil: throw .refused("'\(path)' holds something else than backups; a backup takes a directory of its own")
        case .heldElsewhere: throw .refused("another backup to '\(path)' is under way")
        case .held(let lock): return lock
        }
    }

    /// Removes all backups but the newest `kept`, and the files that none of the others names. Blocks.
    ///
    /// Files stay while there is a backup that cannot be read: what it names is not known.
    /// - Returns: the numbers of the backups removed.
    func prune(keeping kept: Int) throws(StoreError) -> [Int] {
        let contents = try contents()
        let removed = contents.backups.dropLast(kept)
        let names = Set(
            contents.backups.suffix(kept).flatMap { backup in
                backup.stores.flatMap { store in store.files.map { file(store, $0) } }
            }
        )
        guard !removed.isEmpty else { return [] }
        try onDisk("") { () throws(DiskError) in
            for backup in removed { try disk.removeFile(path + "/" + backup.name) }
            // First the names of the backups, durably: none of them is to be there without its files.
            try disk.syncDirectory(path)
            guard contents.damaged.isEmpty else { return }
            for directory in try disk.list(storesPath) {
                let parent = storesPath + "/" + directory
                let files = try disk.list(parent)
                let useless = files.filter { !names.contains(parent + "/" + $0) }
                for name in useless { try disk.removeFile(parent + "/" + name) }
                if useless.count == files.count { try disk.removeDirectory(parent) }
            }
            try disk.syncDirectory(storesPath)
        }
        return removed.map(\.number)
    }
}
