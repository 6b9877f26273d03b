import MangroveStore

extension Failure {
    /// What is said about an error of any kind, and the code that goes with it.
    init(describing error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as UsageError: self.init(.usage, error.message)
        case let error as StoreError: self.init(error)
        case let error as ConfigurationError: self.init(.usage, error)
        case let error as SocketError: self.init(.failure, error.description)
        case let error as StreamError: self.init(.failure, error.description)
        case is CancellationError: self.init(.failure, "interrupted")
        default: self.init(.failure, "\(error)")
        }
    }

    private init(_ error: StoreError) {
        switch error {
        case .wrongExpectedVersion:
            self.init(.wrongExpectedVersion, "wrong expected version: " + error.description)
        case .noSuchStore: self.init(.noSuchStore, error.description)
        case .damaged, .backupDamaged: self.init(.damaged, error.description)
        case .wrongConfigurationVersion:
            self.init(.wrongExpectedVersion, "wrong expected version: " + error.description)
        case .noSuchConfiguration: self.init(.noSuchStore, error.description)
        case .invalidConfiguration(let mistakes): self.init(.failure, ConfigurationError(mistakes))
        case .configurationReadOnly: self.init(.damaged, error.description)
        case .eventIDConflict, .conditionFailed, .streamDeleted, .invalid, .storeExists, .unavailable, .outcomeUnknown,
            .refused, .limited, .limitReached, .noSuchSubscription, .noSuchProjection, .subscriptionExists,
            .subscriptionStopped, .deliveryLost, .noSuchBackup:
            self.init(.failure, error.description)
        }
    }

    /// A line for each mistake.
    init(_ code: ExitCode, _ error: ConfigurationError) {
        let lines = error.mistakes.map(\.description)
        self.init(code, lines.first ?? "the configuration cannot be used", further: Array(lines.dropFirst()))
    }

    /// What is printed: a line for each thing there is to say, whatever names and texts went into it.
    var lines: [String] { ([message] + further).map(Self.line) }

    /// The first of ``lines``.
    var line: String { Self.line(message) }

    private static func line(_ message: String) -> String {
        var line = "grove: "
        for scalar in message.unicodeScalars {
            switch scalar {
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case _ where scalar.properties.generalCategory == .control:
                line += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}
