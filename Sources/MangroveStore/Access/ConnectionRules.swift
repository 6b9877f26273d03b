public import Mangrove

/// What those who connect to a node may do, and how much of it.
public struct ConnectionRules: Sendable {
    /// Who may ask for what.
    public var access: AccessPolicy
    /// How many requests one connection may make; nil for any number.
    public var requests: RateLimit?
    let clock: any RuntimeClock
    let log: RequestLog
    /// How many connections each store allows.
    var controls: StoreControls?

    /// Makes rules.
    /// - Parameter runtime: whose clocks say how late it is.
    public init(access: AccessPolicy = .owner, requests: RateLimit? = nil, in runtime: Runtime) {
        self.access = access
        self.requests = requests
        clock = runtime.clock
        log = RequestLog(runtime)
    }
}

/// Stands before the requests of one connection.
final class ConnectionDoor: Sendable {
    private struct State {
        var session: AccessSession
        var bucket: TokenBucket?
    }

    private let clock: (any RuntimeClock)?
    private let state: Lock<State>
    private let seats: ConnectionSeats?

    init(_ rules: ConnectionRules?) {
        clock = rules?.clock
        seats = rules?.controls.map { ConnectionSeats($0) }
        state = Lock(
            State(session: AccessSession(rules?.access ?? .owner), bucket: rules?.requests.map { TokenBucket($0) })
        )
    }

    /// The request as it is carried out: what is put on record says with which token it was asked for, whatever name the
    /// client gives.
    func attributed(_ request: GatewayRequest) -> GatewayRequest {
        guard case .configuration(let change) = request, let token = state.withLock({ $0.session.token }) else {
            return request
        }
        return .configuration(change.attributed(to: token.id))
    }

    /// What the request that was let in last may do.
    var pass: AccessPass { AccessPass(state.withLock { $0.session }, clock) }

    /// What is answered without asking the gateway: that a request is refused, or that its token was taken.
    /// - Returns: nil for a request that is to be carried out.
    func replyInPlace(of request: GatewayRequest) -> Result<GatewayReply, StoreError>? {
        guard let clock else {
            if case .present = request { return .success(.done) }
            return nil
        }
        let now = Timestamp(microseconds: clock.civilMicroseconds())
        return state.withLock { state in
            do throws(StoreError) {
                if let pause = state.bucket?.take(1, at: clock.now()) {
                    throw .limited("this connection makes too many requests", retryAfter: pause)
                }
                if case .present(let token) = request {
                    try state.session.present(token, now: now)
                    return .success(.done)
                }
                try state.session.check(request.needs, now: now)
                for store in request.usedStores { try seats?.take(store) }
                return nil
            } catch {
                return .failure(error)
            }
        }
    }
}
