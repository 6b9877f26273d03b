package import Mangrove

/// The checkpoints in a store's `snapshots` directory. At rest there is one; a crash can leave two, and an unfinished one.
package struct CheckpointFiles {
    private let disk: any Disk
    private let directory: StoreDirectory

    /// Names the checkpoints of a store.
    package init(disk: any Disk, directory: StoreDirectory) {
        self.disk = disk
        self.directory = directory
    }

    /// The index from the newest sound checkpoint, or nil if there is none; and why newer ones cannot be used.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if the disk cannot be read. A bad checkpoint is no error: the log
    ///   has all that is in it.
    package func newest(identity: StoreIdentity) throws(StoreError) -> (index: StoreIndex?, ignored: [String]) {
        var ignored: [String] = []
        for name in try names().reversed() {
            do throws(CheckpointReader.Failure) {
                return (try load(name, identity), ignored)
            } catch {
                switch error {
                case .malformed(let malformed): ignored.append("\(name): \(malformed.what)")
                case .disk(let error): throw .unavailable(store: directory.store, why: error.description)
                }
            }
        }
        return (nil, ignored)
    }

    private func load(_ name: String, _ identity: StoreIdentity) throws(CheckpointReader.Failure) -> StoreIndex {
        let file: any DiskFile
        do throws(DiskError) {
            file = try disk.open(directory.snapshotPath + "/" + name, .read)
        } catch {
            throw .disk(error)
        }
        defer { file.close() }
        let contents = try CheckpointReader.read(file, identity: identity)
        guard CheckpointFormat.lastIndex(of: name) == contents.image.lastIndex else {
            throw .malformed(Malformed("it does not cover what its name says"))
        }
        do throws(Malformed) {
            return try StoreIndex(identity, contents)
        } catch {
            throw .malformed(error)
        }
    }

    /// Bytes of all of them.
    package func bytes() throws(StoreError) -> Int {
        var bytes = 0
        for name in try names() {
            bytes += try onDisk(directory.store) { () throws(DiskError) in
                let file = try disk.open(directory.snapshotPath + "/" + name, .read)
                defer { file.close() }
                return try file.size()
            }
        }
        return bytes
    }

    /// Writes a checkpoint, durably, and removes the others. Everything in it must be durable in the log.
    /// - Returns: its bytes.
    /// - Throws: ``StoreError/unavailable(store:why:)``; the older checkpoint is then still there.
    @discardableResult
    package func write(_ contents: StoreIndex.Contents, identity: StoreIdentity) throws(StoreError) -> Int {
        let path = directory.snapshotPath
        let name = CheckpointFormat.name(contents.image.lastIndex)
        let bytes = try onDisk(directory.store) { () throws(DiskError) -> Int in
            if try disk.kind(of: path) == nil {
                try disk.createDirectory(path)
                try disk.syncDirectory(directory.path)
            }
            let file = try disk.open(path + "/" + name + ".tmp", .replace)
            defer { file.close() }
            var offset = 0
            try CheckpointFormat.encode(contents, identity: identity) { bytes throws(DiskError) in
                try file.write(bytes, at: offset)
                offset += bytes.count
            }
            try file.flush()
            try diskFaultPoint("store.beforeRename", path)
            try disk.rename(path + "/" + name + ".tmp", to: path + "/" + name)
            try disk.syncDirectory(path)
            return offset
        }
        try clean(keeping: name)
        return bytes
    }

    /// Removes unfinished checkpoints, and all but the one to keep.
    package func clean(keeping kept: String?) throws(StoreError) {
        let path = directory.snapshotPath
        try onDisk(directory.store) { () throws(DiskError) in
            for name in try listed() where name != kept {
                let isOld = kept != nil && CheckpointFormat.lastIndex(of: name) != nil
                if isOld || name.hasPrefix("index-") && name.hasSuffix(".tmp") {
                    try disk.removeIfPresent(path + "/" + name)
                }
            }
        }
    }

    /// The checkpoints there are, oldest first.
    package func names() throws(StoreError) -> [String] {
        try onDisk(directory.store) { () throws(DiskError) in try listed() }
            .filter { CheckpointFormat.lastIndex(of: $0) != nil }
    }

    /// What is in the directory. Without it there are none, and the log has all that would be in them.
    private func listed() throws(DiskError) -> [String] {
        try disk.kind(of: directory.snapshotPath) == nil ? [] : disk.list(directory.snapshotPath)
    }
}
