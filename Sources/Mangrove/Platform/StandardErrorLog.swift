#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Writes log events to standard error, one line of logfmt each.
///
/// It does not wait for whoever reads standard error: a line for which there is no room is lost, and the next line for
/// which there is some says how many were.
public final class StandardErrorLog: LogSink {
    private struct State {
        var lost = 0
        /// Whether a line that was too long for the room there was lacks its end.
        var isCut = false
    }

    /// Which events are written.
    public let levels: LogLevels
    private let descriptor: Int32
    private let state = Lock(State())

    /// Makes a sink for events of at least `level`.
    public convenience init(level: LogEvent.Level = .warning) {
        self.init(levels: LogLevels(level))
    }

    /// Makes a sink for events of at least the level of their component.
    public convenience init(levels: LogLevels) {
        self.init(levels: levels, descriptor: STDERR_FILENO)
    }

    package init(levels: LogLevels, descriptor: Int32) {
        self.levels = levels
        self.descriptor = descriptor
    }

    /// Whether the event is written.
    public func accepts(_ level: LogEvent.Level, of component: LogComponent) -> Bool {
        levels.include(level, of: component)
    }

    /// Writes the event.
    public func record(_ event: LogEvent) {
        guard accepts(event.level, of: event.component) else { return }
        // One at a time, or two would find the room that is enough for one. What is written has room, so nobody waits long.
        state.withLock { state in
            var line = state.isCut ? "\n" : ""
            if state.lost > 0 { line += LogEvent.lost(state.lost, at: event.microseconds).logfmt + "\n" }
            let bytes = Array((line + event.logfmt + "\n").utf8)
            let written = write(bytes)
            guard written > 0 else {
                state.lost += 1
                return
            }
            state.lost = 0
            state.isCut = written < bytes.count
        }
    }

    /// Writes as much as there is room for.
    /// - Returns: how many bytes that was.
    private func write(_ bytes: [UInt8]) -> Int {
        var written = 0
        while written < bytes.count {
            var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            // Writing to a pipe that nobody reads any more would end the program.
            guard poll(&watched, 1, 0) > 0, watched.revents == Int16(POLLOUT) else { return written }
            // A pipe that can be written to takes so many bytes at once.
            let piece = bytes[written..<min(written + Int(PIPE_BUF), bytes.count)]
            let count = piece.withUnsafeBytes { posixWriteSome(descriptor, $0) }
            guard count > 0 else { return written }
            written += count
        }
        return written
    }
}

extension RuntimeEnvironment {
    /// The real world: the machine's clock, Swift's task pool, a few threads for files, the machine's disk, and a log on
    /// standard error.
    public static func system(
        disk: any Disk,
        logs: any LogSink = StandardErrorLog()
    ) -> RuntimeEnvironment {
        RuntimeEnvironment(
            clock: SystemClock(),
            randomness: SystemRandomness(),
            tasks: SystemTasks(),
            blocking: SystemBlockingThreads(),
            disk: disk,
            logs: logs,
            programs: SystemPrograms(),
            signals: SystemStopSignals()
        )
    }
}
