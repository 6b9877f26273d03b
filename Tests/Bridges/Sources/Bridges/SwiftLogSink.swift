public import Logging
public import Mangrove

/// Hands a runtime's events to a logger of swift-log: the event's name as the message, its fields as metadata.
public struct SwiftLogSink: LogSink {
    private let logger: Logger

    /// Hands events to `logger`, whose level decides which.
    public init(_ logger: Logger) {
        self.logger = logger
    }

    /// Whether the logger's level lets it through.
    public func accepts(_ level: Mangrove.LogEvent.Level, of component: LogComponent) -> Bool {
        logger.logLevel <= Self.level(level)
    }

    /// Logs the event.
    public func record(_ event: Mangrove.LogEvent) {
        var metadata: Logger.Metadata = [:]
        for (key, value) in event.fields { metadata[key] = .string(value.description) }
        logger.log(
            level: Self.level(event.level),
            "\(event.name)",
            metadata: metadata,
            source: event.component.description
        )
    }

    private static func level(_ level: Mangrove.LogEvent.Level) -> Logger.Level {
        switch level {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}
