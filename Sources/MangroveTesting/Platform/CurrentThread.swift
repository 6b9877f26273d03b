#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The thread that runs this.
enum CurrentThread {
    /// A number that no other living thread has; never 0.
    static var id: UInt {
        #if canImport(Darwin)
            UInt(bitPattern: pthread_self())
        #else
            UInt(pthread_self())
        #endif
    }

    /// Gives other threads a little while of the machine's time, for as long as `isNeeded` says, and at most for `milliseconds`.
    static func standAside(milliseconds: Int, while isNeeded: () -> Bool) {
        for _ in 0..<milliseconds where isNeeded() { usleep(1_000) }
    }
}
