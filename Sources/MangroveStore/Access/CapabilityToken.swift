import Mangrove

/// Who has it may do what it says: no names, no accounts.
///
/// It carries its restrictions and a code over them, which only the node's secret can begin; so nobody can make one, or widen
/// one. Anybody can *narrow* the one they have, without the secret, and give the narrower one away. A token is as good as what
/// it opens: keep it as you would keep a password.
///
/// ```swift
/// let token = CapabilityToken(for: AccessRestriction(stores: "orders"), secret: secret, id: id)
/// let reader = token.narrowed(to: AccessRestriction(rights: [.read], streams: "order-*"))
/// ```
/// Source: Birgisson et al., *Macaroons: Cookies with Contextual Caveats for Decentralized Authorization in the Cloud* (2014).
public struct CapabilityToken: Sendable, Hashable {
    /// What it is known by, for example to revoke it together with all that were narrowed from it.
    public let id: EventID
    /// What it is limited to: whoever uses it needs all of them to agree.
    public let restrictions: [AccessRestriction]
    /// Each restriction's code is made with the one before as its key: to take one away one would have to know that.
    private let code: [UInt8]

    /// The most restrictions one token can have.
    public static let maximumRestrictions = 32
    /// The shortest secret that a node accepts, in bytes.
    public static let minimumSecret = 32

    private init(id: EventID, restrictions: [AccessRestriction], code: [UInt8]) {
        self.id = id
        self.restrictions = restrictions
        self.code = code
    }

    /// Makes a token that a node with this secret accepts.
    /// - Parameters:
    ///   - restriction: what it is for.
    ///   - secret: the node's secret.
    ///   - id: a random one.
    public init(for restriction: AccessRestriction, secret: [UInt8], id: EventID) {
        let bare = CapabilityToken(id: id, restrictions: [], code: Self.root(id, secret))
        self = bare.adding(restriction)
    }

    /// A token that is restricted further. It takes no secret.
    /// - Throws: ``StoreError/invalid(_:)`` if it has ``maximumRestrictions`` already.
    public func narrowed(to restriction: AccessRestriction) throws(StoreError) -> CapabilityToken {
        guard restrictions.count < Self.maximumRestrictions else {
            throw .invalid("a token has at most \(Self.maximumRestrictions) restrictions")
        }
        return adding(restriction)
    }

    private func adding(_ restriction: AccessRestriction) -> CapabilityToken {
        CapabilityToken(
            id: id,
            restrictions: restrictions + [restriction],
            code: HMAC.code(Self.bytes(of: restriction), key: code)
        )
    }

    /// Whether it was made with this secret and not changed since, but for narrowing.
    func isGenuine(_ secret: [UInt8]) -> Bool {
        let expected = restrictions.reduce(Self.root(id, secret)) { HMAC.code(Self.bytes(of: $1), key: $0) }
        return HMAC.areEqual(expected, code)
    }

    private static func root(_ id: EventID, _ secret: [UInt8]) -> [UInt8] {
        var writer = WireWriter()
        writer.text("mangrove capability 1")
        writer.eventID(id)
        return HMAC.code(writer.bytes, key: secret)
    }

    private static func bytes(of restriction: AccessRestriction) -> [UInt8] {
        var writer = WireWriter()
        writer.restriction(restriction)
        return writer.bytes
    }
}

extension CapabilityToken: CustomStringConvertible {
    private static let opening = "grove1."

    /// The token as it is handed on: one word of letters, digits and a point.
    public var text: String {
        var writer = WireWriter()
        writer.eventID(id)
        writer.list(restrictions) { $0.restriction($1) }
        writer.data(code)
        return Self.opening
            + String(
                decoding: writer.bytes.flatMap { [hexadecimalDigit($0 >> 4), hexadecimalDigit($0)] },
                as: UTF8.self
            )
    }

    /// Reads a token's ``text``.
    /// - Throws: ``StoreError/invalid(_:)`` if it is not one; nothing of it is repeated, since it may be nearly one.
    public init(text: String) throws(StoreError) {
        let digits = Array(text.utf8.dropFirst(Self.opening.utf8.count))
        guard text.hasPrefix(Self.opening), digits.count.isMultiple(of: 2), digits.count <= 1 << 16 else {
            throw Self.notAToken
        }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = hexadecimalValue(of: digits[index]), let low = hexadecimalValue(of: digits[index + 1])
            else {
                throw Self.notAToken
            }
            bytes.append(UInt8(high << 4 | low))
        }
        do throws(WireError) {
            var reader = WireReader(bytes)
            id = try reader.eventID()
            restrictions = try reader.list { (reader) throws(WireError) in try reader.restriction() }
            code = try reader.data()
            try reader.end()
        } catch {
            throw Self.notAToken
        }
        guard !restrictions.isEmpty, restrictions.count <= Self.maximumRestrictions else { throw Self.notAToken }
    }

    private static let notAToken = StoreError.invalid("this is not a token")

    /// What may be shown of it: not the token itself, so that it does not end up in a log.
    public var description: String { "token \(id)" }
}

extension WireWriter {
    fileprivate mutating func restriction(_ restriction: AccessRestriction) {
        unsigned(UInt64(restriction.rights.rawValue))
        text(restriction.stores.description)
        text(restriction.streams.description)
        optional(restriction.expires) { $0.unsigned(UInt64(bitPattern: $1.microseconds)) }
    }
}

extension WireReader {
    fileprivate mutating func restriction() throws(WireError) -> AccessRestriction {
        guard let rights = UInt16(exactly: try unsigned()) else { throw WireError(what: "rights") }
        return AccessRestriction(
            rights: AccessRights(rawValue: rights),
            stores: NamePattern(try text()),
            streams: NamePattern(try text()),
            expires: try optional { (reader) throws(WireError) in
                Timestamp(microseconds: Int64(bitPattern: try reader.unsigned()))
            }
        )
    }
}
