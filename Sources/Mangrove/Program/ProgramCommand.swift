/// A program to be started, with its limits.
public struct ProgramCommand: Sendable, Hashable {
    /// The path of its file, or a name to be looked for in the search path.
    public var executable: String
    /// What follows its name on the command line.
    public var arguments: [String]
    /// Variables set for it.
    public var environment: [String: String]
    /// Whether it gets the variables of this program besides.
    public var inheritsEnvironment: Bool
    /// The longest line it may print, in bytes.
    public var lineLimit: Int
    /// How many bytes may wait to be read by it.
    public var inputLimit: Int

    /// Describes how to start a program; the parameters are as those of ``Program``.
    public init(
        executable: String,
        arguments: [String] = [],
        environment: [String: String] = [:],
        inheritsEnvironment: Bool = true,
        lineLimit: Int = 1 << 20,
        inputLimit: Int = 1 << 20
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.inheritsEnvironment = inheritsEnvironment
        self.lineLimit = lineLimit
        self.inputLimit = inputLimit
    }

    /// All variables it gets, as `name=value`, in the order of their names where they are its own.
    func variables(besides inherited: [String]) -> [String] {
        let kept = inherited.filter { variable in
            inheritsEnvironment && environment[String(variable.prefix { $0 != "=" })] == nil
        }
        return kept + environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    /// What is wrong with it, found without starting it.
    var problem: ProgramError? {
        if executable.isEmpty { return .cannotStart(executable, "it has no name") }
        let words = [executable] + arguments + environment.flatMap { [$0.key, $0.value] }
        if words.contains(where: { $0.utf8.contains(0) }) {
            return .cannotStart(executable, "a zero byte in its words or variables")
        }
        if environment.keys.contains(where: { $0.isEmpty || $0.contains("=") }) {
            return .cannotStart(executable, "a variable's name is empty or has a '=' in it")
        }
        if lineLimit < 1 { return .cannotStart(executable, "a line limit of \(lineLimit)") }
        if inputLimit < 1 { return .cannotStart(executable, "an input limit of \(inputLimit)") }
        return nil
    }
}

/// How a program ended.
public enum ProgramExit: Sendable, Hashable, CustomStringConvertible {
    /// By itself, with a status; 0 means that all is well.
    case status(Int32)
    /// By a signal: a crash, or somebody's kill.
    case signal(Int32)

    /// `status 3` or `signal 9`.
    public var description: String {
        switch self {
        case .status(let number): "status \(number)"
        case .signal(let number): "signal \(number)"
        }
    }
}

/// What can go wrong with a program.
public enum ProgramError: Error, Sendable, Hashable, CustomStringConvertible {
    /// It could not be started, and why.
    case cannotStart(String, String)
    /// A line to be sent has a line end in it. Nothing was sent.
    case lineBreak
    /// The program reads too slowly: so many bytes wait for it already. Nothing was sent.
    case inputFull(limit: Int)
    /// Its input was closed, by us or by it, or it has ended. Nothing was sent.
    case inputClosed
    /// It printed a line longer than allowed.
    case lineTooLong(limit: Int)
    /// It ended, and the system would not say how: somebody else had taken its status.
    case statusLost

    /// One line: what went wrong.
    public var description: String {
        switch self {
        case .cannotStart(let executable, let why): "the program '\(executable)' cannot be started: \(why)"
        case .lineBreak: "a line to be sent to a program has a line end in it"
        case .inputFull(let limit): "the program does not read its input (\(limit) bytes may wait)"
        case .inputClosed: "the program's input is closed"
        case .lineTooLong(let limit): "the program printed a line of more than \(limit) bytes"
        case .statusLost: "the program ended, and how is not known"
        }
    }
}
