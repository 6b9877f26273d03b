/// What can go wrong between a caller and a store.
public enum StoreError: Error, Sendable, Equatable {
    /// The stream was not at the version the append required. Nothing was appended.
    case wrongExpectedVersion(stream: String, expected: ExpectedVersion, actual: Int)
    /// An event id of the append is already in the stream with other content, or elsewhere in it than the append says.
    /// Nothing was appended.
    case eventIDConflict(stream: String, id: EventID, version: Int)
    /// The request itself is wrong: an empty type, a negative start, a count below 1, text that is not JSON. Nothing was
    /// done.
    case invalid(String)
    /// There is no such store.
    case noSuchStore(String)
    /// There already is a store of that name.
    case storeExists(String)
    /// The store's files are damaged: nothing is served from them until that is mended. No other store is affected.
    case damaged(store: String, file: String, offset: Int, what: String)
    /// The store is starting, stopping or restarting, or its disk refuses: the request was not carried out and can be
    /// made again.
    case unavailable(store: String, why: String)
    /// The append was under way when the store failed: it may or may not be there. Appending the same events with the
    /// same ids again is safe and finds out.
    case outcomeUnknown(store: String, why: String)
    /// The caller may not do this here: for example faults on a node started without them.
    case refused(String)
}
