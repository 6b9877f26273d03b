import MangroveStore

/// What `grove projections` is asked for.
struct ProjectionsOptions: Equatable {
    enum Action: Equatable {
        case list
        case create(String, Aggregate)
        case show(String, key: String?)
        case rebuild(String)
        case delete(String)
    }

    var dataDirectory: String
    var store: String
    var action: Action

    private static let words = ["list", "create", "show", "rebuild", "delete"]

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        store = try arguments.operand(0, "STORE")
        let word = arguments.operands.count > 1 ? arguments.operands[1] : "list"
        guard Self.words.contains(word) else {
            throw .unknown(
                "word after 'projections STORE'",
                word,
                known: Self.words,
                otherwise: "it can be \(Self.words.joined(separator: ", "))"
            )
        }
        let most = ["list": 2, "show": 4][word] ?? 3
        guard arguments.operands.count <= most else {
            throw UsageError("unexpected argument '\(arguments.operands[most])' after 'projections STORE \(word)'")
        }
        if word == "list" {
            action = .list
            return
        }
        guard arguments.operands.count > 2 else { throw UsageError("projections \(word) needs the NAME of one") }
        let name = try arguments.operand(2, "NAME")
        switch word {
        case "create": action = .create(name, try Self.aggregate(arguments))
        case "show": action = .show(name, key: arguments.operands.count > 3 ? arguments.operands[3] : nil)
        case "rebuild": action = .rebuild(name)
        default: action = .delete(name)
        }
    }

    private static func aggregate(_ arguments: ParsedArguments) throws(UsageError) -> Aggregate {
        var fields: [String: Aggregate.Rule] = [:]
        for name in arguments.options["--count"] ?? [] { fields[name] = .count }
        for (option, isSum) in [("--sum", true), ("--last", false)] {
            for text in arguments.options[option] ?? [] {
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2, !parts[0].isEmpty else {
                    throw UsageError("\(option) must be MEMBER=FIELD, not '\(text)'")
                }
                do throws(StoreError) {
                    let field = try JSONField(parts[1])
                    fields[parts[0]] = isSum ? .sum(field) : .overwrite(field)
                } catch {
                    throw UsageError("\(option): \(error)")
                }
            }
        }
        guard !fields.isEmpty else { throw UsageError("projections create needs --sum, --last or --count") }
        let stream = try arguments.text("--stream")
        return Aggregate(
            try SourceOptions(arguments, stream: stream).source,
            partitionBy: try SourceOptions.order(arguments),
            fields: fields
        )
    }
}
