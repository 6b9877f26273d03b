/// One thing that a ``CapabilityToken`` is limited to; all of a token's restrictions hold at once.
public struct AccessRestriction: Sendable, Hashable {
    /// What may be done.
    public var rights: AccessRights
    /// To which stores. What concerns no store in particular needs ``NamePattern/everything``.
    public var stores: NamePattern
    /// To which of their streams. What concerns several streams at a time, such as reading all, needs
    /// ``NamePattern/everything``.
    public var streams: NamePattern
    /// Until when; nil is for ever.
    public var expires: Timestamp?

    /// Makes a restriction; what is not said is not restricted.
    public init(
        rights: AccessRights = .all,
        stores: NamePattern = .everything,
        streams: NamePattern = .everything,
        expires: Timestamp? = nil
    ) {
        self.rights = rights
        self.stores = stores
        self.streams = streams
        self.expires = expires
    }

    /// Whether its time is over.
    func hasExpired(_ now: Timestamp) -> Bool {
        expires.map { now >= $0 } ?? false
    }

    /// Why it does not allow something, or nil if it does.
    func objection(to need: AccessNeed) -> String? {
        let missing = need.rights.subtracting(rights)
        guard missing.isEmpty else { return "the token does not give the right to \(missing)" }
        switch need.stores {
        case .none: break
        case .one(let store):
            if !stores.matches(store) { return "the token is for stores '\(stores)', not for '\(store)'" }
        case .beginning, .all:
            if !stores.isEverything { return "this concerns all stores, and the token is for '\(stores)' only" }
        }
        for scope in need.streams {
            switch scope {
            case .none: break
            case .one(let stream):
                if !streams.matches(stream) { return "the token is for streams '\(streams)', not for '\(stream)'" }
            case .beginning(let prefix):
                if !streams.matchesAll(beginningWith: prefix) {
                    return "this concerns streams '\(prefix)*', and the token is for '\(streams)' only"
                }
            case .all:
                if !streams.isEverything {
                    return "this concerns all streams, and the token is for '\(streams)' only"
                }
            }
        }
        return nil
    }
}

/// What a request needs to be allowed.
struct AccessNeed: Sendable, Equatable {
    /// What it touches.
    enum Scope: Sendable, Equatable {
        case none
        case one(String)
        /// All whose names begin so.
        case beginning(String)
        case all
    }

    var rights: AccessRights
    var stores: Scope
    /// All of them.
    var streams: [Scope]

    init(_ rights: AccessRights, stores: Scope, streams: Scope...) {
        self.init(rights, stores: stores, streams: streams)
    }

    init(_ rights: AccessRights, stores: Scope, streams: [Scope]) {
        self.rights = rights
        self.stores = stores
        self.streams = streams
    }
}
