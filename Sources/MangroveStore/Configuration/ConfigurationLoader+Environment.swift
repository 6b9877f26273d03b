extension ConfigurationLoader {
    /// The variables that are not named after a value of the node or its stores.
    private static let additionalStores = "MANGROVE_ADDITIONAL_STORES"
    private static let storeTimeouts = "MANGROVE_STORE_TIMEOUTS"
    private static let storeDescription = "MANGROVE_STORE_DESCRIPTION"
    private static let storeTags = "MANGROVE_STORE_TAGS"

    /// The variables that mean something to `grove`, or to those who test with this package, but not here.
    private static let others = [
        "MANGROVE_TOKEN", "MANGROVE_CONFIG", "MANGROVE_REQUEST_ID", "MANGROVE_ANSWER_WITHIN", "MANGROVE_SEED",
    ]

    /// All variables that configure a node.
    static let variableNames: [String] =
        NodeField.all.map(\.variable) + [additionalStores, storeTimeouts, storeDescription, storeTags]
        + ConfigurationField.all.filter { !$0.isOfOneStore }.map(\.variable)

    /// Takes in what the environment says: about the node, about all stores, and about single ones.
    mutating func takeVariables() {
        var defaults = ConfigurationLayer()
        var later: [(name: String, value: String)] = []
        for (name, text) in variables {
            let source = ConfigurationSource.variable(name)
            if let field = NodeField.all.first(where: { $0.variable == name }) {
                guard let value = field.kind.read(text) else {
                    note(source, field.path, "\(field.kind.rule), not \(JSONText.quoted(text))")
                    continue
                }
                if field == .dataDirectory {
                    // As it was written: it stands in messages, and relative it is relative to where the program runs.
                    setNodeValue(field, .text(text), from: source)
                } else {
                    setNodeValue(field, value, from: source)
                }
            } else if let field = ConfigurationField.all.first(where: { $0.variable == name }),
                !field.isOfOneStore
            {
                guard let value = field.kind.read(text) else {
                    note(source, field.path, "\(field.kind.rule), not \(JSONText.quoted(text))")
                    continue
                }
                defaults.set(field, value, from: source)
            } else {
                later.append((name, text))
            }
        }
        change { $0.defaults.append(defaults) }
        for (name, text) in later { takeSpecial(name, text) }
    }

    private mutating func takeSpecial(_ name: String, _ text: String) {
        switch name {
        case Self.additionalStores: takeAdditionalStores(text)
        case Self.storeTimeouts: takeTimeouts(text)
        case Self.storeDescription: describeDefaultStore("description", name, text)
        case Self.storeTags: describeDefaultStore("tags", name, text)
        default:
            if Self.others.contains(name) { return }
            // Other programs may have variables of the same beginning; one that is nearly ours is a slip.
            if let meant = Spelling.closest(to: name, among: Self.variableNames), isNear(name, meant) {
                note(.variable(name), "", "there is no such variable; did you mean $\(meant)?")
            } else {
                change { $0.unusedVariables.append(name) }
            }
        }
    }

    private func isNear(_ name: String, _ meant: String) -> Bool {
        Spelling.distance(name, meant) <= 2
    }

    /// `id:directory,id:directory`; a store without a directory has the usual one.
    private mutating func takeAdditionalStores(_ text: String) {
        let source = ConfigurationSource.variable(Self.additionalStores)
        var ids: Set<String> = []
        for word in ConfigurationKind.words(text) {
            let parts = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let id = parts[0]
            guard ids.insert(id).inserted else {
                note(source, id, "store '\(id)' is named twice")
                continue
            }
            if parts.count > 1 {
                guard !parts[1].isEmpty else {
                    note(source, id, "must be ID or ID:DIRECTORY, not \(JSONText.quoted(word))")
                    continue
                }
                overlay(id, "directory", .text(fromHere(parts[1])), source)
            }
            addStore(id, source, ConfigurationLayer(from: source), id)
        }
    }

    /// `id:milliseconds,id:milliseconds`.
    private mutating func takeTimeouts(_ text: String) {
        let source = ConfigurationSource.variable(Self.storeTimeouts)
        guard let field = ConfigurationField.named("retryLimitMilliseconds") else { return }
        var ids: Set<String> = []
        for word in ConfigurationKind.words(text) {
            let parts = word.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, StoreID.isValid(parts[0]) else {
                note(source, "", "must be ID:MILLISECONDS, not \(JSONText.quoted(word))")
                continue
            }
            guard ids.insert(parts[0]).inserted else {
                note(source, parts[0], "store '\(parts[0])' is named twice")
                continue
            }
            guard let value = field.kind.read(parts[1]) else {
                note(source, "\(parts[0]).\(field.path)", "\(field.kind.rule), not \(JSONText.quoted(parts[1]))")
                continue
            }
            overlay(parts[0], field.path, value, source)
        }
    }

    private mutating func describeDefaultStore(_ path: String, _ name: String, _ text: String) {
        guard let field = ConfigurationField.named(path) else { return }
        guard let value = field.kind.read(text) else {
            return note(.variable(name), path, "\(field.kind.rule), not \(JSONText.quoted(text))")
        }
        guard let store = configuration.defaultStore else {
            return note(.variable(name), path, "there is no default store to say this of; see $MANGROVE_STORE_ID")
        }
        overlay(store, path, value, .variable(name))
    }

    private mutating func overlay(
        _ id: String,
        _ path: String,
        _ value: ConfigurationValue,
        _ source: ConfigurationSource
    ) {
        guard let field = ConfigurationField.named(path) else { return }
        change { $0.overlays[id, default: ConfigurationLayer(from: source)].set(field, value, from: source) }
    }
}
