import Mangrove

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Waits for the signals that tell a program to stop.
///
/// The handlers write a byte into a pipe, which is all a handler may safely do; a thread reads it.
enum StopSignals {
    // Safe: written once, before the handlers are installed, and only read by them afterwards.
    nonisolated(unsafe) private static var writeEnd: Int32 = -1

    /// Calls `first` at the first SIGINT or SIGTERM; at the second the program ends at once, with 128 and the signal's
    /// number.
    static func handle(first: @escaping @Sendable () -> Void) throws(StreamError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw StreamError(name: "signals", reason: "no pipe can be made") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        writeEnd = ends[1]
        let readEnd = ends[0]
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(StopSignals.writeEnd, &byte, 1)
            }
        }
        SystemThread.start("signals") {
            var seen = 0
            while true {
                var byte: UInt8 = 0
                guard read(readEnd, &byte, 1) == 1 else { continue }
                seen += 1
                if seen > 1 { _exit(128 + Int32(byte)) }
                first()
            }
        }
    }
}
