import Mangrove

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Whether there is a living process of that number, which is ours to send signals to.
///
/// One that has ended and that nobody has asked about does not count: whether somebody asks about orphans is up to the
/// machine's first process.
func isAlive(_ processID: Int32) -> Bool {
    guard kill(processID, 0) == 0 else { return false }
    #if os(Linux)
        guard let file = try? POSIXDisk().open("/proc/\(processID)/status", .read) else { return false }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = (try? bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }) ?? 0
        return !String(decoding: bytes[..<count], as: UTF8.self).contains("State:\tZ")
    #else
        return true
    #endif
}
