import MangroveStore

/// What `grove config` is asked for.
struct ConfigOptions: Equatable {
    /// What can be done with configuration.
    enum Action: Equatable {
        /// What `grove serve` would take, and where from.
        case show(ServeOptions)
        /// Whether a file can be used.
        case check(file: String)
        /// What two configurations differ in, and what that means.
        case diff(String, String)
        /// What is on record.
        case list
        case get(String)
        case put(String, PutOptions)
        case delete(String, erasing: Bool)
        case history(String?)
        case rollback(String, to: Int)
        case watch(from: Int?, count: Int?)
        case recover
    }

    /// What is to be put on record.
    struct PutOptions: Equatable {
        /// The file with the whole of it; nil for what is on record with `settings` changed.
        var file: String?
        var settings: [StoresOptions.Setting]
        /// nil for as it is.
        var status: ConfigurationRecord.Status?
    }

    var dataDirectory: String
    var action: Action
    var json: Bool
    /// The version the record must be at.
    var expected: Int?
    /// Who wants it so.
    var author: String

    private static let words = [
        "show", "check", "diff", "list", "get", "put", "delete", "history", "rollback", "watch", "recover",
    ]

    /// The options that go with some words only, and with which.
    private static let belonging: [(option: String, words: [String])] = [
        ("--json", ["show", "diff"]), ("--config", ["show"]), ("--expect", ["put", "delete", "rollback"]),
        ("--by", ["put", "delete", "rollback"]), ("--erase", ["delete"]), ("--setting", ["put"]),
        ("--unset", ["put"]), ("--template", ["put"]), ("--inactive", ["put"]), ("--active", ["put"]),
        ("--from", ["watch"]), ("--count", ["watch"]),
    ]

    init(_ arguments: ParsedArguments, _ data: String, user: String?) throws(UsageError) {
        dataDirectory = data
        let word = try arguments.operand(0, "what to do")
        guard Self.words.contains(word) else {
            throw .unknown(
                "word after 'config'",
                word,
                known: Self.words,
                otherwise: "it can be \(Self.words.joined(separator: ", "))"
            )
        }
        for (option, words) in Self.belonging where arguments.has(option) && !words.contains(word) {
            throw UsageError("config \(word) takes no \(option)")
        }
        json = arguments.has("--json")
        expected = try arguments.number("--expect", least: 0)
        author = try arguments.text("--by") ?? user ?? "grove"
        action = try Self.action(word, arguments, data)
    }

    private static func action(
        _ word: String,
        _ arguments: ParsedArguments,
        _ data: String
    ) throws(UsageError) -> Action {
        func count(_ range: ClosedRange<Int>, _ what: String) throws(UsageError) {
            guard range.contains(arguments.operands.count - 1) else { throw UsageError("config \(word) takes \(what)") }
        }
        switch word {
        case "show":
            try count(0...0, "no further words")
            return .show(try ServeOptions(arguments, data))
        case "check":
            try count(1...1, "a FILE")
            return .check(file: try arguments.operand(1, "FILE"))
        case "diff":
            try count(2...2, "two files or data directories")
            return .diff(try arguments.operand(1, "A"), try arguments.operand(2, "B"))
        case "get":
            try count(1...1, "the ID of a store")
            return .get(try arguments.operand(1, "ID"))
        case "put":
            try count(1...2, "the ID of a store, and a FILE or - or settings")
            return .put(try arguments.operand(1, "ID"), try put(arguments))
        case "delete":
            try count(1...1, "the ID of a store")
            return .delete(try arguments.operand(1, "ID"), erasing: arguments.has("--erase"))
        case "history":
            try count(0...1, "the ID of a store, or nothing")
            return .history(arguments.operands.count > 1 ? try arguments.operand(1, "ID") : nil)
        case "rollback":
            try count(2...2, "the ID of a store and a VERSION")
            let text = try arguments.operand(2, "VERSION")
            guard let version = Int(text), version >= 1 else {
                throw UsageError("VERSION must be a whole number, 1 or more, not '\(text)'")
            }
            return .rollback(try arguments.operand(1, "ID"), to: version)
        case "watch":
            try count(0...0, "no further words")
            return .watch(
                from: try arguments.number("--from", least: 0),
                count: try arguments.number("--count", least: 1)
            )
        case "recover":
            try count(0...0, "no further words")
            return .recover
        default:
            try count(0...0, "no further words")
            return .list
        }
    }

    private static func put(_ arguments: ParsedArguments) throws(UsageError) -> PutOptions {
        let file = arguments.operands.count > 2 ? try arguments.operand(2, "FILE") : nil
        let settings = try StoresOptions.settings(arguments)
        if file != nil, !settings.isEmpty { throw UsageError("config put takes a FILE or settings, not both") }
        let status: ConfigurationRecord.Status?
        switch (arguments.has("--active"), arguments.has("--inactive")) {
        case (true, true): throw UsageError("config put takes --active or --inactive, not both")
        case (true, false): status = .active
        case (false, true): status = .inactive
        case (false, false): status = nil
        }
        guard file != nil || !settings.isEmpty || status != nil else {
            throw UsageError("config put needs a FILE, or - for standard input, or --setting, --unset or --template")
        }
        return PutOptions(file: file, settings: settings, status: status)
    }
}
