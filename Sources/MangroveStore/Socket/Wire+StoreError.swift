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
        default: throw WireError(what: "an error")
        }
    }

    private mutating func damaged() throws(WireError) -> StoreError {
        let (store, file, what) = (try text(), try text(), try text())
        return .damaged(store: store, file: file, offset: try integer(), what: what)
    }
}
