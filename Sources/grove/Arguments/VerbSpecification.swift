/// An option of a verb, as it is parsed and as it is explained.
struct OptionSpecification: Equatable {
    /// The name, hyphens included: `--data`.
    var name: String
    /// What stands for the value in explanations, or nil for an option without one.
    var value: String?
    /// Whether it may be given more than once.
    var repeats = false
    /// What it does, in a line.
    var help: String
}

/// A verb, as it is parsed and as it is explained.
struct VerbSpecification: Equatable {
    /// What it does, in a line.
    var summary: String
    /// What stands after `grove` on its command line; one entry for each form.
    var forms: [String]
    /// What there is to say about it, in paragraphs of lines.
    var details: [String]
    /// Its options, `--help` aside.
    var options: [OptionSpecification]
    /// How many operands it takes.
    var operands: ClosedRange<Int>
}

/// What a command line says, before it is given a meaning.
struct ParsedArguments: Equatable {
    /// The values of the options that were given; an option without a value has an empty one.
    private(set) var options: [String: [String]] = [:]
    /// The other words, in order.
    private(set) var operands: [String] = []
    /// Whether help was asked for.
    private(set) var wantsHelp = false

    /// Takes the words after the verb apart.
    ///
    /// `--name value` and `--name=value` are the same; `--` ends the options; `-` alone is an operand.
    /// - Throws: ``UsageError`` for what the verb does not have, unless help is asked for anywhere.
    init(_ words: [String], verb: String, _ specification: VerbSpecification) throws(UsageError) {
        let ownWords = words.prefix { $0 != "--" }
        if ownWords.contains("--help") || ownWords.contains("-h") {
            wantsHelp = true
            return
        }
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands.append(contentsOf: rest)
                break
            }
            if word == "-" || !word.hasPrefix("-") {
                operands.append(word)
            } else {
                try takeOption(word, &rest, verb, specification)
            }
        }
        if operands.count < specification.operands.lowerBound {
            throw UsageError("too few arguments; usage: grove \(specification.forms.joined(separator: " | grove "))")
        }
        if operands.count > specification.operands.upperBound {
            let extra = operands[specification.operands.upperBound]
            throw UsageError("unexpected argument '\(extra)'; see 'grove \(verb) --help'")
        }
    }

    private mutating func takeOption(
        _ word: String,
        _ rest: inout ArraySlice<String>,
        _ verb: String,
        _ specification: VerbSpecification
    ) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts[0]
        guard let option = specification.options.first(where: { $0.name == name }) else {
            throw .unknown(
                "option",
                name,
                known: specification.options.map(\.name) + ["--help"],
                otherwise: "see 'grove \(verb) --help'"
            )
        }
        guard options[name] == nil || option.repeats else { throw UsageError("\(name) is given twice") }
        var value = parts.count > 1 ? parts[1] : nil
        if option.value == nil {
            guard value == nil else { throw UsageError("\(name) takes no value") }
        } else if value == nil {
            // What looks like the next option is not taken for a value; a negative number is, to be refused by name.
            guard let next = rest.first, !next.hasPrefix("--") else { throw UsageError("\(name) needs a value") }
            value = next
            rest.removeFirst()
        }
        options[name, default: []].append(value ?? "")
    }

    /// Whether an option was given.
    func has(_ name: String) -> Bool {
        options[name] != nil
    }

    /// An option's value, or nil if it was not given.
    /// - Throws: ``UsageError`` if it is empty.
    func text(_ name: String) throws(UsageError) -> String? {
        guard let value = options[name]?.last else { return nil }
        guard !value.isEmpty else { throw UsageError("\(name) must not be empty") }
        return value
    }

    /// An option's value as a number, or nil if it was not given.
    /// - Throws: ``UsageError`` if it is not a whole number or below `least`.
    func number(_ name: String, least: Int) throws(UsageError) -> Int? {
        guard let value = options[name]?.last else { return nil }
        guard let number = Int(value), number >= least else {
            throw UsageError("\(name) must be a whole number, \(least) or more, not '\(value)'")
        }
        return number
    }

    /// An operand, which must not be empty.
    func operand(_ index: Int, _ name: String) throws(UsageError) -> String {
        guard operands.indices.contains(index) else { throw UsageError("\(name) is missing") }
        guard !operands[index].isEmpty else { throw UsageError("\(name) must not be empty") }
        return operands[index]
    }
}
