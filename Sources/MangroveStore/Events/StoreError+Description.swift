extension StoreError: CustomStringConvertible {
    /// One line: what went wrong, where, and what state things are in.
    public var description: String {
        switch self {
        case .wrongExpectedVersion(let stream, let expected, let actual):
            "stream '\(stream)' \(actual < 0 ? "does not exist" : "is at version \(actual)"), expected \(expected)"
        case .eventIDConflict(let stream, let id, let version):
            "event \(id) is already in stream '\(stream)' at version \(version), with other content or in another place"
        case .conditionFailed(.stream(let stream, let expected), let actual):
            "stream '\(stream)' \(actual < 0 ? "does not exist" : "is at version \(actual)"), required \(expected)"
        case .conditionFailed(.noneMatching(_, let position), let actual):
            "the event at position \(actual) is one that must not come after position \(position)"
        case .streamDeleted(let stream): "stream '\(stream)' has ended for good"
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
        case .limited(let why, let time): "\(why); try again in \(time)"
        case .limitReached(let store, let use): "store '\(store)' is at a limit: \(use)"
        case .noSuchSubscription(let store, let subscription):
            "store '\(store)' has no subscription '\(subscription)'"
        case .noSuchProjection(let store, let projection):
            "store '\(store)' has no projection '\(projection)'"
        case .subscriptionExists(let store, let subscription):
            "store '\(store)' already has a subscription '\(subscription)'"
        case .subscriptionStopped(let store, let subscription, let why):
            "subscription '\(subscription)' of store '\(store)' was stopped: \(why)"
        case .backupDamaged(let file, let what): "the backup is damaged: \(file): \(what)"
        case .noSuchBackup(let what): what
        case .noSuchConfiguration(let store): "there is no record of a store '\(store)'"
        case .wrongConfigurationVersion(let store, let expected, let actual):
            "the record of store '\(store)' \(actual == 0 ? "is not there" : "is at version \(actual)"), expected "
                + (expected == 0 ? "none" : "version \(expected)")
        case .invalidConfiguration(let mistakes): mistakes.map { "\($0)" }.joined(separator: "; ")
        case .configurationReadOnly(let why): "what is configured for stores cannot be changed: \(why)"
        case .deliveryLost(let store, let subscription):
            "the event is not with this consumer of subscription '\(subscription)' of store '\(store)' any more"
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
