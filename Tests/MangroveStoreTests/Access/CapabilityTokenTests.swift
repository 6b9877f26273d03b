import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("Capability tokens")
struct CapabilityTokenTests {
    private let secret = [UInt8](1...40)
    private let id = EventID(high: 7, low: 9)

    private var token: CapabilityToken {
        CapabilityToken(for: AccessRestriction(rights: [.read, .append], stores: "orders"), secret: secret, id: id)
    }

    @Test("A token that was handed on as text is the same")
    func text() throws {
        let narrow = try token.narrowed(to: AccessRestriction(streams: "order-*", expires: Timestamp(microseconds: -5)))
        for token in [token, narrow] {
            let read = try CapabilityToken(text: token.text)
            #expect(read == token)
            #expect(read.isGenuine(secret))
        }
        #expect(!"\(narrow)".contains(narrow.text.dropFirst(20)))
    }

    @Test("A token of another secret, or of none, is not genuine")
    func otherSecret() {
        #expect(token.isGenuine(secret))
        #expect(!token.isGenuine(secret + [1]))
        #expect(!token.isGenuine([]))
    }

    @Test("A text with any character changed is no genuine token")
    func tampered() throws {
        let text = Array(try token.narrowed(to: AccessRestriction(rights: [.read])).text.utf8)
        for index in text.indices {
            for other in Array("0123456789abcdef.gZ".utf8) where other != text[index] {
                var changed = text
                changed[index] = other
                guard let token = try? CapabilityToken(text: String(decoding: changed, as: UTF8.self)) else { continue }
                // Nothing else is lost when a digit changes its case.
                #expect(!token.isGenuine(secret))
            }
        }
    }

    @Test(
        "Nonsense is refused as no token, and is not repeated",
        arguments: [
            "", "grove1.", "grove1.0", "grove1.zz", "grove2.00", String(repeating: "f", count: 100_000),
            "grove1." + String(repeating: "ff", count: 64),
        ]
    )
    func nonsense(_ text: String) {
        #expect(throws: StoreError.invalid("this is not a token")) { try CapabilityToken(text: text) }
    }

    @Test("A restriction cannot be taken away, exchanged or put before another")
    func chain() throws {
        let wide = AccessRestriction(stores: "*")
        let narrow = try token.narrowed(to: AccessRestriction(rights: [.read]))
        // Whoever has the narrow token knows all of it but the code of the one before.
        #expect(narrow.restrictions.count == 2)
        let forged = CapabilityToken(for: wide, secret: secret + [1], id: id)
        #expect(!forged.isGenuine(secret))
        let widened = try narrow.narrowed(to: wide)
        #expect(widened.isGenuine(secret))
        var session = AccessSession(.tokens(secret: secret, revoked: []))
        try session.present(widened.text, now: Timestamp(microseconds: 0))
        #expect(throws: StoreError.refused("the token does not give the right to append")) {
            try session.check(
                [AccessNeed(.append, stores: .one("orders"), streams: .one("s"))],
                now: Timestamp(microseconds: 0)
            )
        }
    }

    @Test("There is a limit to narrowing")
    func limit() throws {
        var token = token
        for _ in 1..<CapabilityToken.maximumRestrictions { token = try token.narrowed(to: AccessRestriction()) }
        #expect(try CapabilityToken(text: token.text).isGenuine(secret))
        #expect(throws: StoreError.invalid("a token has at most 32 restrictions")) {
            try token.narrowed(to: AccessRestriction())
        }
    }

    @Test(
        "A pattern means what its bytes say",
        arguments: [
            ("orders", "orders", true), ("orders", "order", false), ("orders", "orders2", false),
            ("order*", "orders", true),
            ("order*", "order", true), ("order*", "orde", false), ("*", "", true), ("*", "x", true), ("", "", true),
            ("", "x", false), ("e\u{301}", "\u{E9}", false),
        ]
    )
    func patterns(_ pattern: String, _ name: String, _ matches: Bool) {
        #expect(NamePattern(pattern).matches(name) == matches)
    }
}
