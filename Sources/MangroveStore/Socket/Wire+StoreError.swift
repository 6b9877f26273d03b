import Mangrove

/// How a ``StoreError`` travels: a byte for the case, then what it carries, so that it arrives as it was thrown.
extension WireWriter {
    mutating func storeError(_ error: StoreError) {
        switch error {
        case .wrongExpectedVersion(let stream, let expected, let actual):
            byte(1)
            text(stream)
            expectedVersion(expected)
            integer(actual)
        case .eventIDConflict(let stream, let id, let version):
            byte(2)
            text(stream)
            eventID(id)
            integer(version)
        case .invalid(let why): texts(3, why)
        case .noSuchStore(let store): texts(4, store)
        case .storeExists(let store): texts(5, store)
        case .damaged(let store, let file, let offset, let what):
            texts(6, store, file, what)
            integer(offset)
        case .unavailable(let store, let why): texts(7, store, why)
        case .outcomeUnknown(let store, let why): texts(8, store, why)
        case .refused(let why): texts(9, why)
        case .limited(let why, let time):
            texts(12, why)
            integer(Int(clamping: time.wholeNanoseconds))
        case .limitReached(let store, let use):
            texts(50, store)
            limitUse(use)
        case .noSuchSubscription(let store, let name): texts(40, store, name)
        case .subscriptionExists(let store, let name): texts(41, store, name)
        case .subscriptionStopped(let store, let name, let why): texts(42, store, name, why)
        case .deliveryLost(let store, let name): texts(43, store, name)
        case .noSuchProjection(let store, let name): texts(44, store, name)
        case .backupDamaged(let file, let what): texts(70, file, what)
        case .noSuchBackup(let what): texts(71, what)
        case .noSuchConfiguration(let store): texts(60, store)
        case .wrongConfigurationVersion(let store, let expected, let actual):
            texts(61, store)
            integer(expected)
            integer(actual)
        case .invalidConfiguration(let mistakes):
            byte(62)
            list(mistakes) { $0.configurationMistake($1) }
        case .configurationReadOnly(let why): texts(63, why)
        case .streamDeleted(let stream): texts(10, stream)
        case .conditionFailed(let condition, let actual):
            byte(11)
            appendCondition(condition)
            integer(actual)
        }
    }

    private mutating func texts(_ tag: UInt8, _ values: String...) {
        byte(tag)
        for value in values { text(value) }
    }
}

extension WireReader {
    mutating func storeError() throws(WireError) -> StoreError {
        switch try byte() {
        case 1: .wrongExpectedVersion(stream: try text(), expected: try expectedVersion(), actual: try integer())
        case 2: .eventIDConflict(stream: try text(), id: try eventID(), version: try integer())
        case 3: .invalid(try text())
        case 4: .noSuchStore(try text())
        case 5: .storeExists(try text())
        case 6: try damaged()
        case 7: .unavailable(store: try text(), why: try text())
        case 8: .outcomeUnknown(store: try text(), why: try text())
        case 9: .refused(try text())
        case 12: .limited(try text(), retryAfter: .nanoseconds(try integer()))
        case 50: .limitReached(store: try text(), try limitUse())
        case 40: .noSuchSubscription(store: try text(), subscription: try text())
        case 41: .subscriptionExists(store: try text(), subscription: try text())
        case 42: .subscriptionStopped(store: try text(), subscription: try text(), why: try text())
        case 43: .deliveryLost(store: try text(), subscription: try text())
        case 44: .noSuchProjection(store: try text(), projection: try text())
        case 70: .backupDamaged(file: try text(), what: try text())
        case 71: .noSuchBackup(try text())
        case 60: .noSuchConfiguration(try text())
        case 61: .wrongConfigurationVersion(store: try text(), expected: try integer(), actual: try integer())
        case 62: .invalidConfiguration(try list { (reader) throws(WireError) in try reader.configurationMistake() })
        case 63: .configurationReadOnly(try text())
        case 10: .streamDeleted(try text())
        case 11: .conditionFailed(try appendCondition(), actual: try integer())
        default: throw WireError(what: "an error")
        }
    }

    private mutating func damaged() throws(WireError) -> StoreError {
        let (store, file, what) = (try text(), try text(), try text())
        return .damaged(store: store, file: file, offset: try integer(), what: what)
    }
}
