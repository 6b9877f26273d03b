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
        let (image, streams) = try CheckpointReader.read(file, identity: identity)
        guard CheckpointFormat.events(of: name) == image.offsets.count else {
            throw .malformed(Malformed("it does not cover what its name says"))
        }
        do throws(Malformed) {
            return try StoreIndex(identity, image: image, streams: streams)
        } catch {
            throw .malformed(error)
        }
    }

    /// Writes a checkpoint, durably, and removes the others. Everything in it must be durable in the log.
    /// - Throws: ``StoreError/unavailable(store:why:)``; the older checkpoint is then still there.
    package func write(
        _ image: StoreIndex.Image,
        _ streams: ChunkedArray<StreamTable.Entry>,
        identity: StoreIdentity
    ) throws(StoreError) {
        let path = directory.snapshotPath
        let name = CheckpointFormat.name(image.offsets.count)
        try onDisk(directory.store) { () throws(DiskError) in
            let file = try disk.open(path + "/" + name + ".tmp", .replace)
            defer { file.close() }
            var offset = 0
            try CheckpointFormat.encode(image, streams, identity: identity) { bytes throws(DiskError) in
                try file.write(bytes, at: offset)
                offset += bytes.count
            }
            try file.flush()
            try disk.rename(path + "/" + name + ".tmp", to: path + "/" + name)
            try disk.syncDirectory(path)
        }
        try clean(keeping: name)
    }

    /// Removes unfinished checkpoints, and all but the one to keep.
    package func clean(keeping kept: String?) throws(StoreError) {
        let path = directory.snapshotPath
        try onDisk(directory.store) { () throws(DiskError) in
            for name in try disk.list(path) where name != kept {
                let isOld = kept != nil && CheckpointFormat.events(of: name) != nil
                if isOld || name.hasPrefix("index-") && name.hasSuffix(".tmp") {
                    try disk.removeIfPresent(path + "/" + name)
                }
            }
        }
    }

    /// The checkpoints there are, oldest first.
    package func names() throws(StoreError) -> [String] {
        let path = directory.snapshotPath
        return try onDisk(directory.store) { () throws(DiskError) in try disk.list(path) }
            .filter { CheckpointFormat.events(of: $0) != nil }
    }
}
