import Mangrove

/// The way to a simulated disk: for as long as it exists, or for one life of the machine.
struct SimulatedMount: Disk {
    let disk: SimulatedDisk
    /// Only until this life ends; nil for ever.
    let life: Int?

    func createDirectory(_ path: String) throws(DiskError) {
        try use("create directory", path) { machine throws(DiskError) in try machine.createDirectory(path) }
    }

    func list(_ path: String) throws(DiskError) -> [String] {
        try use("list", path) { machine throws(DiskError) in try machine.list(path) }
    }

    func kind(of path: String) throws(DiskError) -> DiskEntryKind? {
        try use("look up", path) { machine throws(DiskError) in
            switch machine.tree.find(path) {
            case .file: .file
            case .directory: .directory
            case nil: nil
            }
        }
    }

    func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
        let (number, life) = try use("open", path) { machine throws(DiskError) in
            (try machine.open(path, mode), machine.life)
        }
        return SimulatedFile(disk: disk, path: path, number: number, life: life, writable: mode != .read)
    }

    func rename(_ source: String, to destination: String) throws(DiskError) {
        try use("rename", source) { machine throws(DiskError) in try machine.rename(source, to: destination) }
    }

    func removeFile(_ path: String) throws(DiskError) {
        try use("remove", path) { machine throws(DiskError) in try machine.remove(path, directory: false) }
    }

    func removeDirectory(_ path: String) throws(DiskError) {
        try use("remove", path) { machine throws(DiskError) in try machine.remove(path, directory: true) }
    }

    func syncDirectory(_ path: String) throws(DiskError) {
        try use("sync", path) { machine throws(DiskError) in try machine.syncDirectory(path) }
    }

    func lock(_ path: String, note: String) throws(DiskError) -> DiskLockOutcome {
        let key = SimulatedTree.components(path).joined(separator: "/")
        let (holder, other) = try use("lock", path) { machine throws(DiskError) in
            try machine.lock(path, key: key, note: note)
        }
        guard let holder else { return .heldElsewhere(note: other) }
        return .held(SimulatedLock(disk: disk, key: key, holder: holder))
    }

    func freeSpace(at path: String) throws(DiskError) -> Int {
        // Without a capacity, a terabyte.
        try use("measure", path) { machine throws(DiskError) in max(0, (machine.capacity ?? 1 << 40) - machine.used) }
    }

    private func use<Result: Sendable>(
        _ operation: String,
        _ path: String,
        _ body: (inout SimulatedMachine) throws(DiskError) -> Result
    ) throws(DiskError) -> Result {
        try disk.machine.withLock { machine throws(DiskError) in
            guard life == nil || life == machine.life else { throw DiskError(.closed, operation, path) }
            return try body(&machine)
        }
    }
}
