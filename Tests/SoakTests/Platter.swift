import MangroveTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension SimulatedDisk {
    /// Whether a store's log has these bytes where no crash can take them.
    func hasOnPlatter(_ bytes: [UInt8], of store: String) -> Bool {
        let directory = "/data/\(store)/raft_logs"
        guard let names = try? list(directory) else { return false }
        // The newest first: there it will be.
        return names.reversed().contains { name in
            guard let platter = platter(directory + "/" + name) else { return false }
            return platter.withUnsafeBytes { platter in bytes.withUnsafeBytes { platter.contains($0) } }
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func contains(_ wanted: UnsafeRawBufferPointer) -> Bool {
        guard let first = wanted.first, let begin = baseAddress, let needle = wanted.baseAddress else { return false }
        var offset = 0
        while offset + wanted.count <= count, let found = memchr(begin + offset, Int32(first), count - offset) {
            offset = UnsafeRawPointer(found) - begin
            if offset + wanted.count <= count, memcmp(found, needle, wanted.count) == 0 { return true }
            offset += 1
        }
        return false
    }
}
