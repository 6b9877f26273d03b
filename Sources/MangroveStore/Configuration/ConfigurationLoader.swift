/// Puts a node's configuration together out of its inputs, noting everything that is wrong on the way.
struct ConfigurationLoader {
    private(set) var configuration = NodeConfiguration()
    private(set) var mistakes: [ConfigurationMistake] = []
    private let inputs: ConfigurationInputs

    init(_ inputs: ConfigurationInputs) {
        self.inputs = inputs
    }

    /// Takes all inputs in, the weakest first, and checks the whole.
    mutating func load() {
        if let file = inputs.file { takeFile(file) }
        takeVariables()
        takeOptions()
        for (id, option) in inputs.stores {
            addStore(id, .option(option), ConfigurationLayer(from: .option(option)), "")
        }
        checkWhole()
    }

    mutating func note(_ source: ConfigurationSource, _ path: String, _ what: String) {
        mistakes.append(ConfigurationMistake(source, path, what))
    }

    /// Adds a store, or what the command line or the environment adds to one that is named already.
    mutating func addStore(_ id: String, _ source: ConfigurationSource, _ layer: ConfigurationLayer, _ path: String) {
        do throws(StoreError) {
            try StoreID.check(id)
        } catch {
            return note(source, path, "\(error)")
        }
        if let known = configuration.stores.firstIndex(where: { $0.id == id }) {
            guard case .file(let name, _, _) = source else { return }
            let first = configuration.stores[known].source
            guard case .file(name, _, _) = first else { return }
            return note(source, path, "store '\(id)' is there already, at \(first)")
        }
        configuration.stores.append(.init(id: id, source: source, layer: layer))
    }

    // MARK: The file

    private mutating func takeFile(_ file: ConfigurationInputs.File) {
        var reader = ConfigurationReader(file.path, file.text)
        let base = ConfigurationInputs.path(
            ConfigurationInputs.directory(of: file.path),
            from: inputs.workingDirectory
        )
        var defaults = ConfigurationLayer()
        for member in reader.object(file.text) ?? [] {
            if let field = NodeField.named(member.name) {
                take(member, field, base, &reader)
            } else if member.name == "stores" || member.name == "additionalStores" {
                takeStores(member, base, &reader)
            } else if member.name == "templates" {
                takeTemplates(member, &reader)
            } else if ConfigurationField.ofOneStore.contains(member.name) {
                reader.note(member.offset, member.name, "belongs to one store; say it in 'stores'")
            } else if !reader.take(member, "", into: &defaults) {
                let known = NodeField.all.map(\.path) + ["stores", "additionalStores", "templates"]
                reader.noteUnknown(member, "", known + ConfigurationField.memberNames)
            }
        }
        configuration.defaults.append(defaults)
        mistakes += reader.mistakes
    }

    private mutating func take(
        _ member: LocatedJSON.Member,
        _ field: NodeField,
        _ base: String,
        _ reader: inout ConfigurationReader
    ) {
        guard var value = field.kind.read(member.value) else {
            return reader.note(
                member.value.offset,
                field.path,
                "\(field.kind.rule), not \(member.value.words)"
            )
        }
        if field == .dataDirectory, case .text(let path) = value {
            value = .text(ConfigurationInputs.path(path, from: base))
        }
        configuration.values[field.path] = .init(value: value, source: reader.source(member.value.offset))
    }

    private mutating func takeStores(
        _ member: LocatedJSON.Member,
        _ base: String,
        _ reader: inout ConfigurationReader
    ) {
        guard case .array(let elements) = member.value.kind else {
            return reader.note(member.value.offset, member.name, "must be a list, not \(member.value.words)")
        }
        for (number, element) in elements.enumerated() {
            let path = "\(member.name)[\(number)]"
            guard let members = reader.members(of: element, path) else { continue }
            var layer = ConfigurationLayer(from: reader.source(element.offset))
            var id: String?
            for inner in members {
                if inner.name == "id" {
                    guard case .string(let text) = inner.value.kind else {
                        reader.note(inner.value.offset, "\(path).id", "must be a text, not \(inner.value.words)")
                        continue
                    }
                    id = text
                } else if !reader.take(inner, path, into: &layer) {
                    reader.noteUnknown(inner, path, ["id"] + ConfigurationField.memberNames)
                }
            }
            if let directory = layer.configuration.directory {
                layer.configuration.directory = ConfigurationInputs.path(directory, from: base)
            }
            if let id {
                addStore(id, reader.source(element.offset), layer, "\(path).id")
            } else if !members.contains(where: { $0.name == "id" }) {
                reader.note(element.offset, path, "has no 'id'")
            }
        }
    }

    private mutating func takeTemplates(_ member: LocatedJSON.Member, _ reader: inout ConfigurationReader) {
        for template in reader.members(of: member.value, member.name) ?? [] {
            let path = "templates.\(template.name)"
            if !StoreID.isValid(template.name) {
                reader.note(template.offset, path, "a template's name follows the rules for a store's")
            }
            var layer = ConfigurationLayer(from: reader.source(template.offset))
            for inner in reader.members(of: template.value, path) ?? [] {
                if inner.name == "template" || inner.name == "directory" {
                    reader.note(inner.offset, "\(path).\(inner.name)", "a template cannot say this")
                } else if !reader.take(inner, path, into: &layer) {
                    reader.noteUnknown(inner, path, ConfigurationField.memberNames)
                }
            }
            configuration.templates[template.name] = layer
        }
    }

    // MARK: The command line

    private mutating func takeOptions() {
        for option in inputs.options {
            guard let field = NodeField.named(option.path) else { continue }
            guard field.kind.takes(option.value) else {
                note(.option(option.name), field.path, "\(field.kind.rule), not \(option.value)")
                continue
            }
            setNodeValue(field, option.value, from: .option(option.name))
        }
    }

    mutating func setNodeValue(_ field: NodeField, _ value: ConfigurationValue, from source: ConfigurationSource) {
        configuration.values[field.path] = .init(value: value, source: source)
    }

    mutating func change(_ body: (inout NodeConfiguration) -> Void) {
        body(&configuration)
    }

    /// `path` as the environment or the command line means it.
    func fromHere(_ path: String) -> String {
        ConfigurationInputs.path(path, from: inputs.workingDirectory)
    }

    /// The variables that are for the node, sorted by name; an empty one counts as not set.
    var variables: [(name: String, value: String)] {
        inputs.variables.filter { $0.key.hasPrefix("MANGROVE_") && !$0.value.isEmpty }
            .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension ConfigurationField {
    /// What can be said about one store only, not about all.
    package static let ofOneStore = ["directory", "description", "tags"]

    /// Whether it can be said about one store only.
    package var isOfOneStore: Bool { Self.ofOneStore.contains(path) }
}

extension NodeConfiguration {
    /// Puts a configuration together and checks it as a whole.
    /// - Throws: ``ConfigurationError`` with everything that is wrong, each with where it was said; those in the file
    ///   first, in the order of their places.
    public init(_ inputs: ConfigurationInputs) throws(ConfigurationError) {
        var loader = ConfigurationLoader(inputs)
        loader.load()
        guard loader.mistakes.isEmpty else {
            throw ConfigurationError(loader.mistakes.sortedByPlace)
        }
        self = loader.configuration
    }
}

extension [ConfigurationMistake] {
    /// Those in a file in the order of their places, then the others as they are.
    var sortedByPlace: [ConfigurationMistake] {
        func place(_ mistake: ConfigurationMistake) -> (Int, Int) {
            if case .file(_, let line, let column) = mistake.source { (line, column) } else { (.max, .max) }
        }
        return enumerated().sorted { first, second in
            let (a, b) = (place(first.element), place(second.element))
            return a == b ? first.offset < second.offset : a < b
        }.map(\.element)
    }
}
