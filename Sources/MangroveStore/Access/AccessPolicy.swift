/// Who may ask a node for what, over its socket.
public enum AccessPolicy: Sendable, Equatable {
    /// Whoever can open the socket may do everything; the system lets only its owner. The default.
    case owner
    /// Each connection presents a ``CapabilityToken`` made with this secret, and may do what that says. Tokens with one of the
    /// `revoked` ids are refused, and so are those that were narrowed from them.
    case tokens(secret: [UInt8], revoked: Set<EventID>)
}

/// What a connection may do, by what it has presented.
struct AccessSession: Sendable {
    let policy: AccessPolicy
    private(set) var token: CapabilityToken?

    init(_ policy: AccessPolicy) {
        self.policy = policy
    }

    /// Takes a token; the one before does not count any more.
    /// - Throws: ``StoreError/refused(_:)`` if it is not genuine, revoked or out of date. The one before still counts then.
    mutating func present(_ text: String, now: Timestamp) throws(StoreError) {
        guard case .tokens(let secret, let revoked) = policy else { return }
        let token = try CapabilityToken(text: text)
        guard token.isGenuine(secret) else { throw .refused("the token was not made by this node, or was changed") }
        guard !revoked.contains(token.id) else { throw .refused("the token has been revoked") }
        guard !token.restrictions.contains(where: { $0.hasExpired(now) }) else {
            throw .refused("the token has expired")
        }
        self.token = token
    }

    /// Lets a request pass, or says why not.
    /// - Throws: ``StoreError/refused(_:)``; nothing is to be done.
    func check(_ needs: [AccessNeed], now: Timestamp) throws(StoreError) {
        guard case .tokens = policy else { return }
        guard let token else { throw .refused("this node asks for a token, and none was presented") }
        for restriction in token.restrictions {
            // Also for what needs nothing, because it goes on with something that was allowed.
            if restriction.hasExpired(now) { throw .refused("the token has expired") }
            for need in needs {
                if let objection = restriction.objection(to: need) { throw .refused(objection) }
            }
        }
    }
}
