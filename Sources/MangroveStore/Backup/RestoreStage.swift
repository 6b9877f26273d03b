import Mangrove

/// Where stores are restored before anybody can see them: the directory `.restoring` in a data directory.
///
/// Once everything in it is durable, the file `publish` is made. From then on the stores are there:
/// whoever opens the data directory next, after a crash in the middle, moves them to their places before anything else.
/// Without that file all of it is rubble, and removed.
struct RestoreStage: Sendable {
    static let name = ".restoring"
    private static let mark = "publish"

    private let disk: any Disk
    private let data: String

    init(disk: any Disk, data: String) {
        self.disk = disk
        self.data = data
    }

    private var path: String { data + "/" + Self.name }

    /// The directory of a store in the stage.
    func directory(of store: String) -> StoreDirectory {
        StoreDirectory(disk: disk, path: path + "/" + store, store: store)
    }

    /// Makes the stage. Blocks.
    func begin() throws(StoreError) {
        let (disk, path, data) = (disk, path, data)
        try onDisk("") { () throws(DiskError) in
            try disk.createDirectory(path)
            try disk.syncDirectory(data)
        }
    }

    /// Removes what stands in the stage, and the stage. Blocks.
    func clear() throws(StoreError) {
        let (disk, path, data) = (disk, path, data)
        try onDisk("") { () throws(DiskError) in
            guard try disk.kind(of: path) == .directory else { return }
            // The mark first and durably: without it the rest means nothing.
            try disk.removeIfPresent(path + "/" + Self.mark)
            try disk.syncDirectory(path)
            try Self.remove(path, on: disk)
            try disk.syncDirectory(data)
        }
    }

    private static func remove(_ path: String, on disk: any Disk) throws(DiskError) {
        for name in try disk.list(path) {
            let entry = path + "/" + name
            if try disk.kind(of: entry) == .directory {
                try remove(entry, on: disk)
            } else {
                try disk.removeFile(entry)
            }
        }
        try disk.removeDirectory(path)
    }

    /// Makes these stores appear, all of them, and durably. Blocks.
    /// - Throws: ``StoreError/storeExists(_:)`` with nothing done; ``StoreError/unavailable(store:why:)``: then they are
    ///   there after the data directory was opened the next time, or none of them is.
    func publish(_ stores: [String]) throws(StoreError) {
        let (disk, path, data) = (disk, path, data)
        for store in stores {
            let present = try onDisk(store) { () throws(DiskError) in try disk.kind(of: data + "/" + store) }
            if present != nil { throw .storeExists(store) }
        }
        try onDisk("") { () throws(DiskError) in
            for store in stores { try disk.syncDirectory(path + "/" + store) }
            try disk.syncDirectory(path)
            try disk.replace(path, Self.mark, with: Array(stores.map { $0 + "\n" }.joined().utf8))
        }
        try move(stores)
    }

    private func move(_ stores: [String]) throws(StoreError) {
        let (disk, path, data) = (disk, path, data)
        try onDisk("") { () throws(DiskError) in
            for store in stores where try disk.kind(of: path + "/" + store) == .directory {
                try disk.rename(path + "/" + store, to: data + "/" + store)
            }
            try disk.syncDirectory(data)
            try disk.syncDirectory(path)
        }
        try clear()
    }

    /// Finishes what a crash has interrupted: a restore that was published is carried through, any other one is removed.
    /// Blocks.
    func settle() throws(StoreError) {
        let (disk, path) = (disk, path)
        let stores = try onDisk("") { () throws(DiskError) -> [String]? in
            guard try disk.kind(of: path + "/" + Self.mark) != nil else { return nil }
            // That the mark is there says it: all else in the stage is whole.
            return try disk.list(path).filter { $0 != Self.mark && !$0.hasSuffix(".tmp") }
        }
        guard let stores else { return try clear() }
        try move(stores)
    }
}
