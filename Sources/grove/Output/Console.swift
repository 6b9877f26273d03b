import MangroveStore

/// Everything a verb has to do with besides the gateway: what it prints to, reads from and makes ids with.
///
/// The program's own reads and writes block. They are made where the verb runs, which in the program is the main thread,
/// not one of those that run tasks.
final class Console {
    /// Standard output.
    let output: Output
    /// Standard error.
    let errors: Output
    /// What standard output is.
    let outputTraits: TerminalTraits
    /// What standard error is.
    let errorTraits: TerminalTraits
    private let open: (String) throws(StreamError) -> any ByteSource
    private let makeID: () -> EventID

    /// Brings it all together.
    /// - Parameter open: opens a file for reading; `-` is standard input.
    /// - Parameter newID: makes an id that no other event has.
    init(
        output: Output,
        errors: Output,
        outputTraits: TerminalTraits = .none,
        errorTraits: TerminalTraits = .none,
        open: @escaping (String) throws(StreamError) -> any ByteSource,
        newID: @escaping () -> EventID
    ) {
        self.output = output
        self.errors = errors
        self.outputTraits = outputTraits
        self.errorTraits = errorTraits
        self.open = open
        makeID = newID
    }

    /// An id for an event that came without one.
    func newID() -> EventID {
        makeID()
    }

    /// All of a file, or of standard input for `-`.
    func bytes(of file: String) throws(StreamError) -> [UInt8] {
        let source = try open(file)
        var bytes: [UInt8] = []
        while true {
            let piece = try source.read()
            if piece.isEmpty { return bytes }
            bytes += piece
        }
    }

    /// Opens a file, or standard input for `-`, to be read line by line.
    func lines(of file: String) throws(StreamError) -> InputLines {
        InputLines(try open(file), name: file == "-" ? "standard input" : file)
    }
}

/// The lines of a file, as they are read.
final class InputLines {
    /// What the file is called in messages.
    let name: String
    /// How many bytes it has, where that is known.
    let size: Int?
    /// How many bytes of it were read.
    private(set) var bytesRead = 0
    private let source: any ByteSource
    private var splitter = LineSplitter()
    private var ended = false

    init(_ source: any ByteSource, name: String) {
        self.source = source
        self.name = name
        size = source.size
    }

    /// The next line that is not blank; nil at the end.
    /// - Throws: ``StreamError``, or ``NDJSONError`` if a line is too long.
    func next() throws -> NumberedLine? {
        while true {
            if let line = try splitter.next() { return line }
            guard !ended else { return nil }
            let chunk = try source.read()
            if chunk.isEmpty {
                ended = true
                splitter.finish()
            }
            bytesRead += chunk.count
            splitter.append(chunk)
        }
    }

    /// An error about a line as a failure that names the file.
    func failure(_ error: NDJSONError) -> Failure {
        Failure(.failure, "\(name): \(error.description)")
    }
}
