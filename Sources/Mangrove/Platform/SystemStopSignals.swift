#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The signals of the operating system. Its handlers are the process's own, so one use at a time: a later one takes over.
///
/// The handlers write a byte into a pipe, which is all that a handler may safely do; a thread reads it.
public struct SystemStopSignals: StopSignalSource {
    private struct State {
        var readEnd: Int32?
        var use = 0
        var seen = 0
        var action: (@Sendable (StopSignal) -> Void)?
    }

    // Safe: written once, before the handlers are installed, and only read by them afterwards.
    nonisolated(unsafe) private static var writeEnd: Int32 = -1
    private static let state = Lock(State())

    /// Makes a source.
    public init() {}

    /// Calls `action` at the first SIGINT or SIGTERM; at the second the program ends, without any further ado.
    public func onFirst(_ action: @escaping @Sendable (StopSignal) -> Void) -> @Sendable () -> Void {
        let use = Self.state.withLock { state -> Int? in
            guard Self.prepare(&state) else { return nil }
            state.use += 1
            state.seen = 0
            state.action = action
            for kind in StopSignal.allCases {
                _ = signal(kind.rawValue) { number in
                    var byte = UInt8(truncatingIfNeeded: number)
                    _ = write(SystemStopSignals.writeEnd, &byte, 1)
                }
            }
            return state.use
        }
        return {
            Self.state.withLock { state in
                guard state.use == use else { return }
                state.action = nil
                for kind in StopSignal.allCases { _ = signal(kind.rawValue, SIG_DFL) }
            }
        }
    }

    private static func prepare(_ state: inout State) -> Bool {
        guard state.readEnd == nil else { return true }
        var descriptors = SpawnDescriptors()
        guard let ends = try? descriptors.pipe() else { return false }
        state.readEnd = ends.0
        writeEnd = ends.1
        let readEnd = ends.0
        return SystemThread.start("mangrove-signals") {
            while true {
                var byte: UInt8 = 0
                guard read(readEnd, &byte, 1) == 1 else { continue }
                take(Int32(byte))
            }
        }
    }

    private static func take(_ number: Int32) {
        let action = state.withLock { state -> (@Sendable (StopSignal) -> Void)? in
            guard let action = state.action else { return nil }
            state.seen += 1
            if state.seen > 1 { _exit(128 + number) }
            return action
        }
        if let kind = StopSignal(rawValue: number) { action?(kind) }
    }
}
