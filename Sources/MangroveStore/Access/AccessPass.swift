import Mangrove

/// What a request was let in with: for what can be looked at only while it is carried out, and for what it leaves open, which
/// goes on with the token that it was opened with, whatever the connection presents later.
struct AccessPass: Sendable {
    private let session: AccessSession
    /// Nil where nobody asks for tokens.
    private let clock: (any RuntimeClock)?

    init(_ session: AccessSession, _ clock: (any RuntimeClock)?) {
        self.session = session
        self.clock = clock
    }

    /// Whether some streams are closed to it, so that it matters which ones something is about.
    var isForSomeStreams: Bool {
        clock != nil && session.token?.restrictions.contains { !$0.streams.isEverything } ?? false
    }

    /// Lets something more pass, or goes on with what was let pass; or says why not.
    /// - Throws: ``StoreError/refused(_:)``.
    func check(_ needs: AccessNeed...) throws(StoreError) {
        guard let clock else { return }
        try session.check(needs, now: Timestamp(microseconds: clock.civilMicroseconds()))
    }
}
