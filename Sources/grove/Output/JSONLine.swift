import MangroveStore

/// A JSON object on a line, put together member by member.
struct JSONLine {
    private var text: [UInt8] = [UInt8(ascii: "{")]

    /// The object.
    var json: [UInt8] { text + Array("}".utf8) }

    /// The object with a line end.
    var line: [UInt8] { text + Array("}\n".utf8) }

    func with(_ name: String, _ value: String) -> JSONLine {
        adding(name) { JSONText.append(value, to: &$0) }
    }

    func with(_ name: String, _ value: Bool) -> JSONLine {
        adding(name) { $0.append(contentsOf: "\(value)".utf8) }
    }

    func with(_ name: String, _ value: Int?) -> JSONLine {
        adding(name) { $0.append(contentsOf: (value.map(String.init) ?? "null").utf8) }
    }

    func with(_ name: String, _ value: [Int]) -> JSONLine {
        adding(name) { $0.append(contentsOf: "[\(value.map(String.init).joined(separator: ","))]".utf8) }
    }

    func with(_ name: String, _ value: [String]) -> JSONLine {
        adding(name) { $0.append(contentsOf: "[\(value.map(JSONText.quoted).joined(separator: ","))]".utf8) }
    }

    /// Adds a JSON text as a member, as it stands but for line feeds, which a line cannot hold.
    func with(_ name: String, text value: [UInt8]) -> JSONLine {
        adding(name) { $0.append(contentsOf: value.map { $0 == 0x0A ? 0x20 : $0 }) }
    }

    /// Adds a list of objects as a member.
    func with(_ name: String, _ values: [JSONLine]) -> JSONLine {
        adding(name) { text in
            text.append(UInt8(ascii: "["))
            text.append(contentsOf: values.map(\.json).joined(separator: [UInt8(ascii: ",")]))
            text.append(UInt8(ascii: "]"))
        }
    }

    /// Adds an object as a member.
    func with(_ name: String, json object: JSONLine) -> JSONLine {
        adding(name) { $0.append(contentsOf: object.json) }
    }

    /// Adds a member if there is a value for it.
    func withIfKnown(_ name: String, _ value: Int?) -> JSONLine {
        value == nil ? self : with(name, value)
    }

    /// Adds a member if there is a value for it.
    func withIfKnown(_ name: String, _ value: String?) -> JSONLine {
        value.map { with(name, $0) } ?? self
    }

    private func adding(_ name: String, _ value: (inout [UInt8]) -> Void) -> JSONLine {
        var copy = self
        if copy.text.count > 1 { copy.text.append(UInt8(ascii: ",")) }
        JSONText.append(name, to: &copy.text)
        copy.text.append(UInt8(ascii: ":"))
        value(&copy.text)
        return copy
    }
}
