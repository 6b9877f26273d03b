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
        case .wrongExpectedVersion(let stream, let expected, let actual):
            let found = actual < 0 ? "it does not exist" : "it is at version \(actual)"
            self.init(
                .wrongExpectedVersion,
                "wrong expected version: stream '\(stream)' was to \(Self.requirement(expected)), but \(found)"
            )
        case .eventIDConflict(let stream, let id, let version):
            self.init(
                .failure,
                "event id \(id) is already in stream '\(stream)' at version \(version), with other content or elsewhere"
            )
        case .invalid(let why): self.init(.failure, why)
        case .noSuchStore(let store): self.init(.noSuchStore, "there is no store '\(store)'")
        case .storeExists(let store): self.init(.failure, "there already is a store '\(store)'")
        case .damaged(let store, let file, let offset, let what):
            self.init(.damaged, "store '\(store)' is damaged: \(file) at offset \(offset): \(what)")
        case .unavailable(let store, let why): self.init(.failure, Self.subject(store) + why)
        case .outcomeUnknown(let store, let why):
            self.init(.failure, Self.subject(store) + why + "; it may or may not have been done")
        case .refused(let why): self.init(.failure, "refused: \(why)")
        }
    }

    private static func requirement(_ expected: ExpectedVersion) -> String {
        switch expected {
        case .exactly(let version): version < 0 ? "not exist" : "be at version \(version)"
        case .noStream: "not exist"
        case .streamExists: "exist"
        case .any: "be anything"
        }
    }

    private static func subject(_ store: String) -> String {
        store.isEmpty ? "" : "store '\(store)': "
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
