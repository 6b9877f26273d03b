import Mangrove

/// Everything a simulated disk is, as one value behind its lock.
struct SimulatedMachine: Sendable {
    var tree = SimulatedTree()
    var nodes: [Int: SimulatedInode] = [:]
    var nextNumber = 1
    var locks: [String: (holder: Int, note: String)] = [:]
    /// Counts crashes: what was opened before the last one is dead.
    var life = 0
    var capacity: Int?
    var failingWrites = 0
    var failingFlushes = 0
    var failingSyncs = 0
    /// Changes until the power fails, and what is to survive it.
    var crashPlan: (after: Int, policy: CrashPolicy)?
    var recording = false
    var operations: [DiskOperation] = []
    /// How often each kind of fault has happened.
    var faults: [DiskFault: Int] = [:]
    var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// Comes before every change: a planned crash happens here.
    mutating func step(_ operation: String, _ path: String) throws(DiskError) {
        guard let plan = crashPlan else { return }
        guard plan.after == 0 else {
            crashPlan?.after -= 1
            return
        }
        crash(plan.policy)
        throw DiskError(.closed, operation, path)
    }

    mutating func record(_ operation: DiskOperation) {
        if recording { operations.append(operation) }
    }

    mutating func note(_ fault: DiskFault) { faults[fault, default: 0] += 1 }

    /// Bytes in all files that have a name.
    var used: Int {
        var files: Set<Int> = []
        for directory in tree.current.values {
            for case .file(let number) in directory.values { files.insert(number) }
        }
        return files.reduce(0) { $0 + (nodes[$1]?.current.count ?? 0) }
    }

    mutating func newNumber() -> Int {
        defer { nextNumber += 1 }
        return nextNumber
    }

    mutating func createDirectory(_ path: String) throws(DiskError) {
        switch tree.find(path) {
        case .directory: return
        case .file: throw DiskError(.exists, "create directory", path)
        case nil: break
        }
        guard let (parent, name) = tree.parent(path) else { throw DiskError(.notFound, "create directory", path) }
        try step("create directory", path)
        tree.change(.init(added: (parent, name, .directory(newNumber()))))
        record(.createdDirectory(path))
    }

    func list(_ path: String) throws(DiskError) -> [String] {
        guard case .directory(let number) = tree.find(path) else { throw DiskError(.notFound, "list", path) }
        return (tree.current[number] ?? [:]).keys.sorted()
    }

    /// Takes the lock, or says who has it.
    mutating func lock(_ path: String, key: String, note: String) throws(DiskError) -> (holder: Int?, other: String) {
        if let present = locks[key] { return (nil, present.note) }
        let file = try open(path, tree.find(path) == nil ? .create : .readWrite)
        try resize(file, to: 0, path)
        try write(Array(note.utf8), at: 0, to: file, path)
        let holder = newNumber()
        locks[key] = (holder, note)
        record(.locked(path))
        return (holder, "")
    }

    mutating func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> Int {
        switch (tree.find(path), mode) {
        case (.directory, _): throw DiskError(.system(21), "open", path)
        case (.file, .create), (.file, .createPrivate): throw DiskError(.exists, "open", path)
        case (.file(let number), .replace):
            try step("open", path)
            nodes[number]?.resize(0)
            record(.opened(path, mode))
            return number
        case (.file(let number), _):
            record(.opened(path, mode))
            return number
        case (nil, .read), (nil, .readWrite): throw DiskError(.notFound, "open", path)
        case (nil, .create), (nil, .createPrivate), (nil, .replace):
            guard let (directory, name) = tree.parent(path) else { throw DiskError(.notFound, "open", path) }
            try step("open", path)
            let number = newNumber()
            nodes[number] = SimulatedInode()
            tree.change(.init(added: (directory, name, .file(number))))
            record(.opened(path, mode))
            return number
        }
    }

    mutating func write(_ bytes: [UInt8], at offset: Int, to number: Int, _ path: String) throws(DiskError) {
        guard offset >= 0, let node = nodes[number] else { throw DiskError(.system(22), "write", path) }
        try step("write", path)
        if failingWrites > 0 {
            failingWrites -= 1
            note(.failedWrite)
            nodes[number]?.write(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))), at: offset)
            throw DiskError(.system(5), "write", path)
        }
        let growth = max(0, offset + bytes.count - node.current.count)
        if let capacity, growth > 0, used + growth > capacity {
            note(.full)
            let fits = max(0, bytes.count - (used + growth - capacity))
            if fits > 0 { nodes[number]?.write(Array(bytes.prefix(fits)), at: offset) }
            throw DiskError(.full, "write", path)
        }
        nodes[number]?.write(bytes, at: offset)
        record(.wrote(path, offset: offset, count: bytes.count))
    }

    mutating func resize(_ number: Int, to size: Int, _ path: String) throws(DiskError) {
        guard size >= 0 else { throw DiskError(.system(22), "truncate", path) }
        try step("truncate", path)
        nodes[number]?.resize(size)
        record(.truncated(path, size: size))
    }

    mutating func flush(_ number: Int, _ path: String) throws(DiskError) {
        try step("flush", path)
        if failingFlushes > 0 {
            failingFlushes -= 1
            note(.failedFlush)
            nodes[number]?.settle(&generator)
            throw DiskError(.system(5), "flush", path)
        }
        nodes[number]?.flush()
        record(.flushed(path))
    }

    mutating func syncDirectory(_ path: String) throws(DiskError) {
        guard case .directory(let number) = tree.find(path) else { throw DiskError(.notFound, "sync", path) }
        try step("sync", path)
        if failingSyncs > 0 {
            failingSyncs -= 1
            note(.failedSync)
            throw DiskError(.system(5), "sync", path)
        }
        tree.sync(number)
        record(.syncedDirectory(path))
    }

    mutating func rename(_ source: String, to destination: String) throws(DiskError) {
        guard let entry = tree.find(source), let from = tree.parent(source), let to = tree.parent(destination) else {
            throw DiskError(.notFound, "rename", source)
        }
        switch (entry, tree.find(destination)) {
        case (_, nil), (.file, .file): break
        default: throw DiskError(.exists, "rename", source)
        }
        try step("rename", source)
        tree.change(.init(removed: from, added: (to.directory, to.name, entry)))
        record(.renamed(source, to: destination))
    }

    mutating func remove(_ path: String, directory: Bool) throws(DiskError) {
        guard let entry = tree.find(path), let place = tree.parent(path) else {
            throw DiskError(.notFound, "remove", path)
        }
        switch entry {
        case .file where directory, .directory where !directory: throw DiskError(.system(20), "remove", path)
        case .directory(let number) where !(tree.current[number] ?? [:]).isEmpty:
            throw DiskError(.system(39), "remove", path)
        default: break
        }
        try step("remove", path)
        tree.change(.init(removed: place))
        record(directory ? .removedDirectory(path) : .removedFile(path))
    }

    /// Ends this life of the machine: what is durable stays, and of the rest what the policy says.
    mutating func crash(_ policy: CrashPolicy) {
        life += 1
        note(.crash(policy))
        locks = [:]
        crashPlan = nil
        switch policy {
        case .dropAll: break
        case .keepAll:
            // The memory of the system goes on; nothing has become durable by this.
            record(.crashed)
            return
        case .random:
            tree.settle(&generator)
            for number in nodes.keys.sorted() { nodes[number]?.settle(&generator) }
        }
        tree.pending = []
        let (files, directories) = tree.reachable()
        tree.durable = tree.durable.filter { directories.contains($0.key) }
        tree.current = tree.durable
        nodes = nodes.filter { files.contains($0.key) }
        for number in nodes.keys {
            nodes[number]?.revert()
        }
        record(.crashed)
    }
}
