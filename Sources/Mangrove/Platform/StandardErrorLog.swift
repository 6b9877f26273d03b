#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Writes log events to standard error, one line of logfmt each.
public struct StandardErrorLog: LogSink {
    /// Events below this level are dropped.
    public let level: LogEvent.Level

    /// Makes a sink for events of at least `level`.
    public init(level: LogEvent.Level = .warning) {
        self.level = level
    }

    /// Writes the event. A line that cannot be written is lost: there is nowhere to say so.
    public func record(_ event: LogEvent) {
        guard event.level >= level else { return }
        var line = Array((event.logfmt + "\n").utf8)
        line.withUnsafeMutableBytes { bytes in
            _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
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
