extension ConfigurationLoader {
    /// Checks what can only be seen in the whole: that what is named is there, and that no two stores have the same place.
    mutating func checkWhole() {
        if let entry = configuration.values[NodeField.defaultStore.path], let id = configuration.defaultStore {
            addStore(id, entry.source, ConfigurationLayer(from: entry.source), NodeField.defaultStore.path)
        }
        if let entry = configuration.values[NodeField.revokedTokens.path], case .texts(let texts) = entry.value {
            for text in texts where EventID(text) == nil {
                let what = "must be ids of tokens; \(JSONText.quoted(text)) is none"
                note(entry.source, NodeField.revokedTokens.path, what)
            }
            if !configuration.requiresTokens, !texts.isEmpty {
                note(entry.source, NodeField.revokedTokens.path, "means something with requireTokens only")
            }
        }
        checkTemplates()
        checkDirectories()
    }

    private mutating func checkTemplates() {
        for layer in configuration.defaults {
            guard let name = layer.configuration.template, configuration.templates[name] == nil else { continue }
            note(layer.sources["template"] ?? layer.source, "template", configuration.noTemplate(name))
        }
        for store in configuration.stores {
            guard let name = store.layer.configuration.template, configuration.templates[name] == nil else { continue }
            note(
                store.layer.sources["template"] ?? store.source,
                "\(store.id).template",
                configuration.noTemplate(name)
            )
        }
    }

    private mutating func checkDirectories() {
        var taken: [(path: String, id: String)] = []
        let data = fromHere(configuration.dataDirectory)
        for store in configuration.stores {
            let overlay = configuration.overlays[store.id]
            let own = overlay?.configuration.directory ?? store.layer.configuration.directory
            let source =
                overlay?.sources["directory"] ?? store.layer.sources["directory"] ?? store.source
            let path = fromHere(own ?? data + "/" + store.id)
            if Self.isInside(data, path) || data == path {
                note(source, "\(store.id).directory", "\(path) holds the node's data directory")
                continue
            }
            if let other = taken.first(where: { Self.overlap($0.path, path) }) {
                note(source, "\(store.id).directory", "\(path) overlaps that of store '\(other.id)', \(other.path)")
            }
            taken.append((path, store.id))
        }
    }

    private static func overlap(_ first: String, _ second: String) -> Bool {
        first == second || isInside(first, second) || isInside(second, first)
    }

    /// Whether `path` is somewhere below `directory`.
    private static func isInside(_ path: String, _ directory: String) -> Bool {
        path.hasPrefix(directory.hasSuffix("/") ? directory : directory + "/")
    }
}
