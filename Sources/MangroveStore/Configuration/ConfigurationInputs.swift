/// What a node's configuration is made of.
public struct ConfigurationInputs: Sendable {
    /// A configuration file.
    public struct File: Sendable {
        /// Its path, which what is relative in it is relative to, and which messages name.
        public var path: String
        /// What is in it.
        public var text: [UInt8]

        /// Makes a file.
        public init(path: String, text: [UInt8]) {
            self.path = path
            self.text = text
        }
    }

    /// An option of the command line that gives a value of the node's own.
    public struct Option: Sendable, Hashable {
        /// The option, as it was written: `--request-limit`.
        public var name: String
        /// The value it gives, by its name in a file.
        public var path: String
        /// The value.
        public var value: ConfigurationValue

        /// Makes an option.
        public init(_ name: String, _ path: String, _ value: ConfigurationValue) {
            self.name = name
            self.path = path
            self.value = value
        }
    }

    /// The file, if there is one.
    public var file: File?
    /// The environment; only what begins with `MANGROVE_` is looked at.
    public var variables: [String: String]
    /// Options of the command line.
    public var options: [Option]
    /// Stores the command line names, with the option that does.
    public var stores: [(id: String, option: String)]
    /// What relative paths are relative to that the environment and the command line give.
    public var workingDirectory: String

    /// Brings it together.
    public init(
        file: File? = nil,
        variables: [String: String] = [:],
        options: [Option] = [],
        stores: [(id: String, option: String)] = [],
        workingDirectory: String = "."
    ) {
        self.file = file
        self.variables = variables
        self.options = options
        self.stores = stores
        self.workingDirectory = workingDirectory
    }

    /// `path`, seen from `base` if it is relative; without `.` and `..` where they mean nothing else.
    static func path(_ path: String, from base: String) -> String {
        let whole = path.hasPrefix("/") ? path : base + "/" + path
        var parts: [Substring] = []
        for part in whole.split(separator: "/", omittingEmptySubsequences: true) where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        let joined = parts.joined(separator: "/")
        return whole.hasPrefix("/") ? "/" + joined : joined.isEmpty ? "." : joined
    }

    /// The directory that holds the file at `path`.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
