/// Where a value of a configuration comes from.
public enum ConfigurationSource: Sendable, Hashable {
    /// Nobody gave it.
    case standard
    /// A file, counting lines, and bytes in a line, from 1.
    case file(String, line: Int, column: Int)
    /// An environment variable.
    case variable(String)
    /// An option of the command line.
    case option(String)
    /// What is recorded for the store, and which version of it.
    case record(version: Int)
    /// The program itself.
    case program
}

extension ConfigurationSource: CustomStringConvertible {
    /// For people: `grove.json:3:14`, `$MANGROVE_PARTITIONS`, `default`.
    public var description: String {
        switch self {
        case .standard: "default"
        case .file(let path, let line, let column): "\(path):\(line):\(column)"
        case .variable(let name): "$\(name)"
        case .option(let name): name
        case .record(let version): "record, version \(version)"
        case .program: "program"
        }
    }
}

/// One thing that is wrong with a configuration.
public struct ConfigurationMistake: Error, Sendable, Hashable {
    /// Where it was said.
    public var source: ConfigurationSource
    /// Which value it is about: `stores[1].limits.connections`; empty for the whole.
    public var path: String
    /// What is wrong, and what would be right.
    public var what: String

    /// Makes a mistake.
    public init(_ source: ConfigurationSource, _ path: String, _ what: String) {
        self.source = source
        self.path = path
        self.what = what
    }
}

extension ConfigurationMistake: CustomStringConvertible {
    /// One line: `grove.json:3:14: partitions: must be from 1 to 1024, not 0`; without a place where it came from a program.
    public var description: String {
        let about = path.isEmpty ? what : "\(path): \(what)"
        return source == .program ? about : "\(source): \(about)"
    }
}

/// A configuration that cannot be used: everything that is wrong with it.
public struct ConfigurationError: Error, Sendable, Hashable {
    /// The mistakes, in the order of their places; at least one.
    public var mistakes: [ConfigurationMistake]

    /// Makes an error.
    public init(_ mistakes: [ConfigurationMistake]) {
        self.mistakes = mistakes
    }
}

extension ConfigurationError: CustomStringConvertible {
    /// A line for each mistake.
    public var description: String {
        mistakes.map(\.description).joined(separator: "\n")
    }
}
