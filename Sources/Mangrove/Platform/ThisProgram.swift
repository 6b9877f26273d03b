#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The real program.
public struct ThisProgram: ProgramEnding {
    /// What the program ends with: an internal fault, as `sysexits.h` has it.
    public static let status: Int32 = 70

    /// Makes one.
    public init() {}

    /// Ends the program with ``status``, without running anything more of it. The log has said why.
    public func end(because reason: String) {
        _exit(Self.status)
    }
}
