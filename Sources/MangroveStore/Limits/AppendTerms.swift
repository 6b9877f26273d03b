import Mangrove

/// What an append to a store is held to: plain numbers, looked up once for each.
struct AppendTerms: Sendable {
    /// The most events in one append.
    var maximumEvents: Int
    /// The most bytes of data and metadata in one append.
    var maximumBytes: Int
    /// Whether events are limited in their rate.
    var isRateLimited: Bool
    /// How long a request is tried again while its store restarts.
    var retryLimit: Duration
    /// How much the store may hold.
    var room = StoreRoom()

    /// Those of a store of which only its settings are known.
    init(_ settings: StoreSettings) {
        maximumEvents = settings.maximumAppendEvents
        maximumBytes = settings.maximumAppendBytes
        isRateLimited = settings.appendRate != nil
        retryLimit = settings.retryLimit
    }

    /// Those of a store.
    /// - Parameter freeBytes: bytes that were free on its disk when somebody looked last; nil for plenty.
    init(_ profile: StoreProfile, freeBytes: Int?) {
        self.init(profile.resolved.settings)
        let limits = profile.resolved.limits
        room = StoreRoom(memoryBytes: limits.memoryBytes, diskBytes: limits.diskBytes, freeBytes: freeBytes)
    }
}
