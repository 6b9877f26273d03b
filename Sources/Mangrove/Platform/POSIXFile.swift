/// An open file of a ``POSIXDisk``.
final class POSIXFile: DiskFile {
    private struct State {
        var descriptor: Int32
        /// Calls under way. The descriptor is not closed under them: its number could by then be another file's.
        var users = 0
        var closed = false
        /// Since the last flush the file was cut or extended, which a flush of data alone need not bring to the disk.
        var resized = false
    }

    private let path: String
    private let state: Lock<State>

    init(path: String, descriptor: Int32) {
        self.path = path
        state = Lock(State(descriptor: descriptor))
    }

    deinit {
        close()
    }

    func size() throws(DiskError) -> Int {
        let descriptor = try enter("size")
        defer { leave() }
        return try posixSize(descriptor, path)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
        let descriptor = try enter("read")
        defer { leave() }
        return try posixRead(descriptor, into: buffer, at: offset, path)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
        let descriptor = try enter("write")
        defer { leave() }
        try posixWrite(descriptor, bytes, at: offset, path)
    }

    func truncate(to size: Int) throws(DiskError) {
        let descriptor = try enter("truncate")
        defer { leave() }
        try posixTruncate(descriptor, to: size, path)
        state.withLock { $0.resized = true }
    }

    func flush() throws(DiskError) {
        let descriptor = try enter("flush")
        defer { leave() }
        let resized = state.withLock { state in
            defer { state.resized = false }
            return state.resized
        }
        try posixFlush(descriptor, metadata: resized, path)
    }

    func close() {
        let descriptor: Int32? = state.withLock { state in
            guard !state.closed else { return nil }
            state.closed = true
            return state.users == 0 ? state.descriptor : nil
        }
        if let descriptor { posixClose(descriptor) }
    }

    private func enter(_ operation: String) throws(DiskError) -> Int32 {
        let descriptor: Int32? = state.withLock { state in
            guard !state.closed else { return nil }
            state.users += 1
            return state.descriptor
        }
        guard let descriptor else { throw DiskError(.closed, operation, path) }
        return descriptor
    }

    private func leave() {
        let descriptor: Int32? = state.withLock { state in
            state.users -= 1
            return state.closed && state.users == 0 ? state.descriptor : nil
        }
        if let descriptor { posixClose(descriptor) }
    }
}

/// A lock held through an open descriptor: closing it gives the lock up.
final class POSIXLock: DiskLock {
    private let file: POSIXFile

    init(file: POSIXFile) {
        self.file = file
    }

    func unlock() {
        file.close()
    }
}
