import MangroveStore

/// What `grove token` is asked for.
struct TokenOptions: Equatable {
    enum Action: Equatable {
        /// A new one, made with the node's secret.
        case create
        /// One that is restricted further.
        case narrow(CapabilityToken)
        /// What one says.
        case show(CapabilityToken)
    }

    var dataDirectory: String
    var action: Action
    var rights: AccessRights
    var stores: NamePattern
    var streams: NamePattern
    /// For how long, in seconds; nil for ever.
    var seconds: Int?

    private static let words = ["create", "narrow", "show"]

    init(_ arguments: ParsedArguments, _ data: String, _ token: String?) throws(UsageError) {
        dataDirectory = data
        let word = try arguments.operand(0, "create, narrow or show")
        guard Self.words.contains(word) else {
            throw .unknown(
                "word after 'token'",
                word,
                known: Self.words,
                otherwise: "it can be \(Self.words.joined(separator: ", "))"
            )
        }
        if word == "create" {
            action = .create
        } else {
            guard let token else {
                throw UsageError("token \(word) takes the token from $MANGROVE_TOKEN, which is not set")
            }
            let present = try CapabilityToken(environment: token)
            action = word == "narrow" ? .narrow(present) : .show(present)
        }
        rights = []
        for name in arguments.options["--right"] ?? [] {
            guard let known = AccessRights.named.first(where: { $0.name == name }) else {
                let names = AccessRights.named.map(\.name)
                throw .unknown("right", name, known: names, otherwise: "there are \(AccessRights.all)")
            }
            rights.formUnion(known.right)
        }
        if rights.isEmpty { rights = .all }
        stores = NamePattern(try arguments.text("--stores") ?? "*")
        streams = NamePattern(try arguments.text("--streams") ?? "*")
        if let text = try arguments.text("--expires") { seconds = try Self.seconds(text) }
    }

    /// What the token is to be limited to, from `now` on.
    func restriction(now: Timestamp) -> AccessRestriction {
        AccessRestriction(
            rights: rights,
            stores: stores,
            streams: streams,
            expires: seconds.map { Timestamp(microseconds: now.microseconds + Int64($0) * 1_000_000) }
        )
    }

    private static func seconds(_ text: String) throws(UsageError) -> Int {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int(text.dropLast()), number > 0,
            number <= 36_500 * 86_400 / unit
        else { throw UsageError("--expires must be a time such as 90s, 15m, 12h or 30d, not '\(text)'") }
        return number * unit
    }
}

extension CapabilityToken {
    /// Reads a token from the environment.
    init(environment text: String) throws(UsageError) {
        do throws(StoreError) {
            try self.init(text: text)
        } catch {
            throw UsageError("$MANGROVE_TOKEN is not a token")
        }
    }
}

extension Verb {
    /// How `grove token` is parsed and explained.
    static let tokenSpecification = VerbSpecification(
        summary: "make a token that allows to do certain things, or narrow one",
        forms: [
            "token create [--right R]... [--stores PATTERN] [--streams PATTERN] [--expires TIME] [--data DIR]",
            "token narrow [--right R]... [--stores PATTERN] [--streams PATTERN] [--expires TIME]",
            "token show",
        ],
        details: [
            "A node that was started with --require-tokens does for whoever presents a token what that token says.",
            "'create' makes one with the secret in the data directory, and the secret if there is none. 'narrow'",
            "restricts the one in $MANGROVE_TOKEN further, which takes no secret; 'show' prints what it says. All verbs",
            "that talk to a node present $MANGROVE_TOKEN, if it is set.",
            "",
            "Rights: \(AccessRights.all); all, unless given.",
            "PATTERN is a name, the beginning of names and a star, or '*'.",
        ],
        options: [
            .init(name: "--right", value: "R", repeats: true, help: "what may be done"),
            .init(name: "--stores", value: "PATTERN", help: "to which stores (default: *)"),
            .init(name: "--streams", value: "PATTERN", help: "to which streams (default: *)"),
            .init(name: "--expires", value: "TIME", help: "for how long: 90s, 15m, 12h, 30d (default: for ever)"),
            data,
        ],
        operands: 1...1
    )
}
