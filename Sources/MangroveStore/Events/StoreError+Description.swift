extension StoreError: CustomStringConvertible {
    /// One line: what went wrong, where, and what state things are in.
    public var description: String {
        switch self {
        case .wrongExpectedVersion(let stream, let expected, let actual):
            "stream '\(stream)' \(actual < 0 ? "does not exist" : "is at version \(actual)"), expected \(expected)"
        case .eventIDConflict(let stream, let id, let version):
            "event \(id) is already in stream '\(stream)' at version \(version), with other content or in another place"
        case .invalid(let what): what
        case .noSuchStore(let store): "no store '\(store)'"
        case .storeExists(let store): "store '\(store)' is already there"
        case .damaged(let store, let file, let offset, let what):
            "store '\(store)' is damaged: \(file) at offset \(offset): \(what)"
        case .unavailable(let store, let why):
            store.isEmpty ? "unavailable: \(why)" : "store '\(store)' is unavailable: \(why)"
        case .outcomeUnknown(let store, let why):
            "store '\(store)' failed while appending; the events may or may not be there: \(why)"
        case .refused(let why): why
        }
    }
}

extension ExpectedVersion: CustomStringConvertible {
    /// In words: `no stream`, `any`, a number.
    public var description: String {
        switch self {
        case .exactly(let version): "version \(version)"
        case .noStream: "no stream"
        case .streamExists: "an existing stream"
        case .any: "any version"
        }
    }
}
