package import Mangrove

extension DiskError.Code {
    /// What systems call EIO: the disk gave something else than it should have.
    package static let inputOutput = DiskError.Code.system(5)
}

extension DiskFile {
    /// Reads up to `count` bytes at `offset`; fewer only at the end of the file.
    package func bytes(at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = try bytes.withUnsafeMutableBufferPointer { buffer throws(DiskError) -> Int in
            try self.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
        bytes.removeLast(count - read)
        return bytes
    }

    /// Writes all of `bytes` at `offset`.
    package func write(_ bytes: [UInt8], at offset: Int) throws(DiskError) {
        try bytes.withUnsafeBufferPointer { buffer throws(DiskError) in
            try write(UnsafeRawBufferPointer(buffer), at: offset)
        }
    }
}

extension Disk {
    /// All of a small file, or nil if there is none; of a larger one, its first `limit` bytes.
    package func contents(_ path: String, limit: Int) throws(DiskError) -> [UInt8]? {
        let file: any DiskFile
        do throws(DiskError) {
            file = try self.open(path, .read)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        defer { file.close() }
        return try file.bytes(at: 0, count: min(try file.size(), limit))
    }

    /// Makes a file with these bytes appear at once and durably: nobody ever finds a part of it, whatever happens.
    ///
    /// The bytes go to `<name>.tmp`, are flushed, and take the name; then the directory is synced.
    package func replace(
        _ directory: String,
        _ name: String,
        with bytes: [UInt8],
        isPrivate: Bool = false
    ) throws(DiskError) {
        let path = directory + "/" + name
        // What a crash left there may be for everyone to read.
        if isPrivate { try removeIfPresent(path + ".tmp") }
        let file = try self.open(path + ".tmp", isPrivate ? .createPrivate : .replace)
        defer { file.close() }
        try file.write(bytes, at: 0)
        try file.flush()
        try self.rename(path + ".tmp", to: path)
        try syncDirectory(directory)
    }

    /// Removes a file; fine if there is none.
    package func removeIfPresent(_ path: String) throws(DiskError) {
        do throws(DiskError) {
            try removeFile(path)
        } catch {
            if error.code != .notFound { throw error }
        }
    }
}

/// Runs disk work for a store; what the disk refuses becomes ``StoreError/unavailable(store:why:)``.
package func onDisk<Result>(
    _ store: String,
    _ body: () throws(DiskError) -> Result
) throws(StoreError) -> Result {
    do throws(DiskError) {
        return try body()
    } catch {
        throw .unavailable(store: store, why: error.description)
    }
}
