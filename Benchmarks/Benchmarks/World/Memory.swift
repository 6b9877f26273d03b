#if os(Linux)
    import Foundation

    private struct UnreadableStatus: Error {}

    /// How much of this program is resident, read from /proc.
    public func residentBytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { throw UnreadableStatus() }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
#endif
