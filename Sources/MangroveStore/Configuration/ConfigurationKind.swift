/// What a value of a configuration may be.
package enum ConfigurationKind: Sendable, Equatable {
    case number(ClosedRange<Int>)
    case flag
    case choice([String])
    /// Not empty, and of at most this many bytes.
    case text(Int)
    /// At most so many, each as for ``text(_:)``.
    case texts(Int, each: Int)

    /// What a value must be, in words.
    package var rule: String {
        switch self {
        case .number(let range): "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .flag: "must be true or false"
        case .choice(let words): "must be one of " + words.map(JSONText.quoted).joined(separator: ", ")
        case .text(let limit): "must be a text of 1 to \(limit) bytes"
        case .texts(let count, let limit): "must be a list of at most \(count) texts of 1 to \(limit) bytes each"
        }
    }

    /// Whether a value is one it may be.
    package func takes(_ value: ConfigurationValue) -> Bool {
        func isFine(_ text: String, _ limit: Int) -> Bool {
            1...limit ~= text.utf8.count && !text.utf8.contains(0)
        }
        return switch (self, value) {
        case (.number(let range), .number(let number)): range.contains(number)
        case (.flag, .flag): true
        case (.choice(let words), .text(let text)): words.contains(text)
        case (.text(let limit), .text(let text)): isFine(text, limit)
        case (.texts(let count, let limit), .texts(let texts)):
            texts.count <= count && texts.allSatisfy { isFine($0, limit) }
        default: false
        }
    }

    /// Reads a value as it stands in an environment variable or on a command line.
    /// - Returns: nil if it is not one that may be.
    package func read(_ text: String) -> ConfigurationValue? {
        let value: ConfigurationValue?
        switch self {
        case .number: value = Int(text).map { .number($0) }
        case .flag: value = ["true": true, "1": true, "false": false, "0": false][text].map { .flag($0) }
        case .choice, .text: value = .text(text)
        case .texts: value = .texts(Self.words(text))
        }
        return value.flatMap { takes($0) ? $0 : nil }
    }

    /// Reads a value as it stands in JSON.
    /// - Returns: nil if it is not one that may be.
    package func read(_ json: LocatedJSON) -> ConfigurationValue? {
        let value: ConfigurationValue?
        switch json.kind {
        case .string(let text): value = .text(text)
        case .integer(let number): value = .number(number)
        case .flag(let flag): value = .flag(flag)
        case .array(let elements):
            let texts = elements.compactMap { if case .string(let text) = $0.kind { text } else { nil } }
            value = texts.count == elements.count ? .texts(texts) : nil
        case .object, .number, .null: value = nil
        }
        return value.flatMap { takes($0) ? $0 : nil }
    }

    /// The words between the commas, without the blanks around them.
    static func words(_ text: String) -> [String] {
        text.split(separator: ",").compactMap { word in
            var word = word
            while word.first?.isWhitespace == true { word.removeFirst() }
            while word.last?.isWhitespace == true { word.removeLast() }
            return word.isEmpty ? nil : String(word)
        }
    }
}
