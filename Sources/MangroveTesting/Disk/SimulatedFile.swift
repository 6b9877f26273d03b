import Mangrove

/// An open file of a ``SimulatedDisk``, until it is closed or the disk crashes.
final class SimulatedFile: DiskFile {
    private let disk: SimulatedDisk
    private let path: String
    private let number: Int
    private let life: Int
    private let writable: Bool
    private let closed = Lock(false)

    init(disk: SimulatedDisk, path: String, number: Int, life: Int, writable: Bool) {
        self.disk = disk
        self.path = path
        self.number = number
        self.life = life
        self.writable = writable
    }

    func size() throws(DiskError) -> Int {
        try use("size") { machine throws(DiskError) in machine.nodes[number]?.current.count ?? 0 }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
        let bytes = try use("read") { machine throws(DiskError) -> [UInt8] in
            guard offset >= 0 else { throw DiskError(.system(22), "read", path) }
            let bytes = machine.nodes[number]?.current ?? []
            let start = min(offset, bytes.count)
            return Array(bytes[start..<start + min(buffer.count, bytes.count - start)])
        }
        buffer.copyBytes(from: bytes)
        return bytes.count
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
        let bytes = Array(bytes)
        try use("write") { machine throws(DiskError) in
            guard writable else { throw DiskError(.denied, "write", path) }
            try machine.write(bytes, at: offset, to: number, path)
        }
    }

    func truncate(to size: Int) throws(DiskError) {
        try use("truncate") { machine throws(DiskError) in
            guard writable else { throw DiskError(.denied, "truncate", path) }
            try machine.resize(number, to: size, path)
        }
    }

    func flush() throws(DiskError) {
        try use("flush") { machine throws(DiskError) in try machine.flush(number, path) }
    }

    func close() {
        closed.withLock { $0 = true }
    }

    private func use<Result: Sendable>(
        _ operation: String,
        _ body: (inout SimulatedMachine) throws(DiskError) -> Result
    ) throws(DiskError) -> Result {
        guard !closed.withLock({ $0 }) else { throw DiskError(.closed, operation, path) }
        return try disk.machine.withLock { machine throws(DiskError) in
            guard machine.life == life else { throw DiskError(.closed, operation, path) }
            return try body(&machine)
        }
    }
}

/// A held lock of a ``SimulatedDisk``. After a crash the lock is nobody's, whoever still has this.
final class SimulatedLock: DiskLock {
    private let disk: SimulatedDisk
    private let key: String
    private let holder: Int

    init(disk: SimulatedDisk, key: String, holder: Int) {
        self.disk = disk
        self.key = key
        self.holder = holder
    }

    deinit {
        unlock()
    }

    func unlock() {
        disk.machine.withLock { machine in
            if machine.locks[key]?.holder == holder { machine.locks[key] = nil }
        }
    }
}
