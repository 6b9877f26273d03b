import MangroveStore

extension Failure {
    /// What is said about an error of any kind, and the code that goes with it.
    init(describing error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as UsageError: self.init(.usage, error.message)
        case let error as StoreError: self.init(error)
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
        case .damaged: self.init(.damaged, error.description)
        case .eventIDConflict, .invalid, .storeExists, .unavailable, .outcomeUnknown, .refused:
            self.init(.failure, error.description)
        }
    }

    /// The message as one line, whatever names and texts went into it.
    var line: String {
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
