/// What can go wrong between a caller and a store.
public enum StoreError: Error, Sendable, Equatable {
    /// The stream was not at the version the append required. Nothing was appended.
    case wrongExpectedVersion(stream: String, expected: ExpectedVersion, actual: Int)
    /// An event id of the append is already in the stream with other content, or elsewhere in it than the append says.
    /// Nothing was appended.
    case eventIDConflict(stream: String, id: EventID, version: Int)
    /// A condition of the append did not hold: the actual version of the stream it is about, or the position of the first
    /// event that should not be there. Nothing was appended.
    case conditionFailed(AppendCondition, actual: Int)
    /// The stream has ended for good: nothing can be appended to it or set for it. Nothing was done.
    case streamDeleted(String)
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
    /// The request was under way when the store failed: what it asked for may or may not have been done. Appending the same
    /// events with the same ids again is safe and finds out.
    case outcomeUnknown(store: String, why: String)
    /// The caller may not do this here: for example faults on a node started without them.
    case refused(String)
    /// The request comes too soon after others: there is a limit. It was not carried out, and can be made again after that
    /// time.
    case limited(String, retryAfter: Duration)
    /// A limit of the store is reached. Nothing was done; what only reads, and what makes room, still works.
    case limitReached(store: String, StoreLimitUse)
    /// The store has no durable subscription of that name.
    case noSuchSubscription(store: String, subscription: String)
    /// The store already has a durable subscription of that name.
    case subscriptionExists(store: String, subscription: String)
    /// The store has no projection of that name.
    case noSuchProjection(store: String, projection: String)
    /// The subscription was stopped, by a consumer's answer: nothing is delivered until it is resumed.
    case subscriptionStopped(store: String, subscription: String, why: String)
    /// A file of a backup is not what it was when the backup was made. Nothing was restored from it.
    case backupDamaged(file: String, what: String)
    /// There is no such backup: what is there, and what is not.
    case noSuchBackup(String)
    /// There is no record of what is configured for the store.
    case noSuchConfiguration(String)
    /// The record was not at the version that the change required; 0 is none. Nothing was changed.
    case wrongConfigurationVersion(store: String, expected: Int, actual: Int)
    /// What was to be configured cannot be: everything that is wrong with it. Nothing was changed.
    case invalidConfiguration([ConfigurationMistake])
    /// What is configured for the stores can be read and not be changed, and why. Nothing was changed.
    case configurationReadOnly(String)
    /// The event is not with this consumer any more, or with no consumer: the answer does not count, and unless another
    /// one did, the event will be delivered again.
    case deliveryLost(store: String, subscription: String)
}
