extension StoreConfiguration {
    /// Reads a configuration from a JSON object such as `{"segmentBytes": 1048576, "limits": {"connections": 50}}`.
    ///
    /// - Parameter name: what the text is called in messages.
    /// - Throws: ``ConfigurationError`` with everything that is wrong: text that is not JSON, names that are not known or
    ///   there twice, values that cannot be.
    public init(json text: [UInt8], named name: String = "configuration") throws(ConfigurationError) {
        var reader = ConfigurationReader(name, text)
        var layer = ConfigurationLayer()
        for member in reader.object(text) ?? [] where !reader.take(member, "", into: &layer) {
            reader.noteUnknown(member, "", ConfigurationField.memberNames)
        }
        guard reader.mistakes.isEmpty else { throw ConfigurationError(reader.mistakes) }
        self = layer.configuration
    }

    /// The configuration as a JSON object on one line, its members always in the same order.
    public var json: [UInt8] {
        var text: [UInt8] = [UInt8(ascii: "{")]
        var group: Substring?
        for field in ConfigurationField.all {
            guard let value = field.value(self) else { continue }
            let names = field.path.split(separator: ".")
            let outer = names.count > 1 ? names[0] : nil
            if let open = group, open != outer {
                text.append(UInt8(ascii: "}"))
                group = nil
            }
            if text.count > 1, text.last != UInt8(ascii: "{") { text.append(UInt8(ascii: ",")) }
            if let outer, group == nil {
                text.append(contentsOf: "\"\(outer)\":{".utf8)
                group = outer
            }
            text.append(contentsOf: "\"\(names[names.count - 1])\":".utf8)
            text.append(contentsOf: value.json)
        }
        if group != nil { text.append(UInt8(ascii: "}")) }
        return text + [UInt8(ascii: "}")]
    }

    /// Checks values that a program has put in, which may be any.
    /// - Parameter path: where the configuration stands, for the messages.
    /// - Throws: ``ConfigurationError`` with all that cannot be.
    public func check(
        from source: ConfigurationSource = .program,
        at path: String = ""
    ) throws(ConfigurationError) {
        var mistakes: [ConfigurationMistake] = []
        for field in ConfigurationField.all {
            guard let value = field.value(self), !field.kind.takes(value) else { continue }
            let full = path.isEmpty ? field.path : "\(path).\(field.path)"
            mistakes.append(ConfigurationMistake(source, full, "\(field.kind.rule), not \(value)"))
        }
        if !mistakes.isEmpty { throw ConfigurationError(mistakes) }
    }
}
