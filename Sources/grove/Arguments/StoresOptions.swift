import MangroveStore

/// What `grove stores` is asked for.
struct StoresOptions: Equatable {
    /// What can be done with stores.
    enum Action: Equatable {
        case list
        case create(String, StoreConfiguration)
        case remove(String, erasing: Bool)
        case show(String)
        case status(String)
        case configuration(String)
        case set(String, [Setting])
        case kept
        case revive(String)
        case erase(String)
    }

    /// One value that is configured, or with nil is not any more.
    struct Setting: Equatable {
        var path: String
        var value: ConfigurationValue?
    }

    var dataDirectory: String
    var action: Action

    private static let words = [
        "list", "create", "remove", "show", "status", "config", "set", "kept", "revive", "erase",
    ]

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        let word = arguments.operands.first ?? "list"
        guard Self.words.contains(word) else {
            throw .unknown(
                "word after 'stores'",
                word,
                known: Self.words,
                otherwise: "it can be \(Self.words.joined(separator: ", "))"
            )
        }
        try Self.check(arguments, word)
        let settings = try Self.settings(arguments)
        if word == "list" || word == "kept" {
            guard arguments.operands.count < 2 else { throw UsageError("stores \(word) takes no ID") }
            action = word == "list" ? .list : .kept
            return
        }
        guard arguments.operands.count == 2 else { throw UsageError("stores \(word) needs the ID of a store") }
        let id = try arguments.operand(1, "ID")
        switch word {
        case "create":
            var configuration = StoreConfiguration()
            for setting in settings { configuration.set(setting) }
            action = .create(id, configuration)
        case "remove": action = .remove(id, erasing: arguments.has("--erase"))
        case "show": action = .show(id)
        case "status": action = .status(id)
        case "config": action = .configuration(id)
        case "revive": action = .revive(id)
        case "erase": action = .erase(id)
        default:
            guard !settings.isEmpty else { throw UsageError("stores set needs --setting, --unset or --template") }
            action = .set(id, settings)
        }
    }

    /// The options that go with some words only.
    private static func check(_ arguments: ParsedArguments, _ word: String) throws(UsageError) {
        let allowed: [String: [String]] = [
            "create": ["--template", "--setting"], "set": ["--template", "--setting", "--unset"],
            "remove": ["--erase"],
        ]
        for option in ["--template", "--setting", "--unset", "--erase"]
        where arguments.has(option) && !(allowed[word] ?? []).contains(option) {
            throw UsageError("stores \(word) takes no \(option)")
        }
    }

    static func settings(_ arguments: ParsedArguments) throws(UsageError) -> [Setting] {
        var settings: [Setting] = []
        if let template = try arguments.text("--template") {
            settings.append(Setting(path: "template", value: .text(template)))
        }
        for text in arguments.options["--setting"] ?? [] {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw UsageError("--setting must be NAME=VALUE, not '\(text)'") }
            let field = try field(parts[0])
            guard let value = field.kind.read(parts[1]) else {
                throw UsageError("--setting \(field.path) \(field.kind.rule), not '\(parts[1])'")
            }
            settings.append(Setting(path: field.path, value: value))
        }
        for path in arguments.options["--unset"] ?? [] {
            settings.append(Setting(path: try field(path).path, value: nil))
        }
        return settings
    }

    private static func field(_ path: String) throws(UsageError) -> ConfigurationField {
        guard let field = ConfigurationField.named(path) else {
            throw .unknown(
                "setting",
                path,
                known: ConfigurationField.all.map(\.path),
                otherwise: "the guide on configuration lists them all"
            )
        }
        return field
    }
}

extension StoreConfiguration {
    /// Gives one value, or takes it away.
    mutating func set(_ setting: StoresOptions.Setting) {
        if let value = setting.value {
            ConfigurationField.named(setting.path)?.set(&self, value)
            return
        }
        // What is not said is left out: everything else is said anew.
        let before = self
        self = StoreConfiguration()
        for field in ConfigurationField.all where field.path != setting.path {
            if let value = field.value(before) { field.set(&self, value) }
        }
    }
}
