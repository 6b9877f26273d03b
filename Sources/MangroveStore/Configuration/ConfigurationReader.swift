/// Reads configuration out of JSON and notes everything that is wrong with it, instead of stopping at the first.
struct ConfigurationReader {
    /// What the text is called in messages.
    let name: String
    private let places: TextPlaces
    private(set) var mistakes: [ConfigurationMistake] = []

    init(_ name: String, _ text: [UInt8]) {
        self.name = name
        places = TextPlaces(text)
    }

    /// The place of a byte of the text.
    func source(_ offset: Int) -> ConfigurationSource {
        let (line, column) = places.place(offset)
        return .file(name, line: line, column: column)
    }

    /// Notes a mistake.
    mutating func note(_ offset: Int, _ path: String, _ what: String) {
        mistakes.append(ConfigurationMistake(source(offset), path, what))
    }

    /// Reads the whole text as one object.
    /// - Returns: nil, with the mistake noted, if it is none.
    mutating func object(_ text: [UInt8]) -> [LocatedJSON.Member]? {
        do throws(JSONError) {
            return members(of: try LocatedJSON(text), "")
        } catch {
            note(error.offset, "", "this is not JSON: \(error.what)")
            return nil
        }
    }

    /// The members of an object, each name once.
    mutating func members(of value: LocatedJSON, _ path: String) -> [LocatedJSON.Member]? {
        guard case .object(let members) = value.kind else {
            note(value.offset, path, "must be an object, not \(value.words)")
            return nil
        }
        var names: Set<[UInt8]> = []
        return members.filter { member in
            if names.insert(Array(member.name.utf8)).inserted { return true }
            note(member.offset, join(path, member.name), "is there twice")
            return false
        }
    }

    /// Takes a member that configures a store into `layer`, if it is one.
    /// - Parameter path: where the member's object stands.
    /// - Returns: whether it is.
    mutating func take(_ member: LocatedJSON.Member, _ path: String, into layer: inout ConfigurationLayer) -> Bool {
        let full = join(path, member.name)
        if let field = ConfigurationField.named(member.name), !member.name.contains(".") {
            take(member.value, full, field, into: &layer)
            return true
        }
        let group = ConfigurationField.all.filter { $0.path.hasPrefix(member.name + ".") }
        guard !group.isEmpty else { return false }
        for inner in members(of: member.value, full) ?? [] {
            if let field = group.first(where: { $0.path == member.name + "." + inner.name }) {
                take(inner.value, join(full, inner.name), field, into: &layer)
            } else {
                let names = group.map { String($0.path.dropFirst(member.name.count + 1)) }
                noteUnknown(inner, full, names)
            }
        }
        return true
    }

    private mutating func take(
        _ json: LocatedJSON,
        _ path: String,
        _ field: ConfigurationField,
        into layer: inout ConfigurationLayer
    ) {
        guard let value = field.kind.read(json) else {
            return note(json.offset, path, "\(field.kind.rule), not \(json.words)")
        }
        layer.set(field, value, from: source(json.offset))
    }

    /// Notes a member that means nothing, with the one that was probably meant.
    mutating func noteUnknown(_ member: LocatedJSON.Member, _ path: String, _ known: [String]) {
        let meant = Spelling.closest(to: member.name, among: known)
        let isLong = known.count > 8
        let all = isLong ? "the guide on configuration lists them" : "there are \(known.joined(separator: ", "))"
        let hint = meant.map { "did you mean \(JSONText.quoted($0))?" } ?? all
        note(member.offset, join(path, member.name), "there is no such setting; \(hint)")
    }

    func join(_ path: String, _ name: String) -> String {
        path.isEmpty ? name : "\(path).\(name)"
    }
}

extension ConfigurationField {
    /// The names an object has that configures a store: those of the fields, and of the groups they are in.
    static let memberNames: [String] = all.reduce(into: []) { names, field in
        let name = field.path.split(separator: ".").first.map(String.init) ?? field.path
        if names.last != name { names.append(name) }
    }
}
