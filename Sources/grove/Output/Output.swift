import MangroveStore

/// What bytes are written to.
protocol ByteSink: AnyObject {
    /// Writes all of `bytes`.
    /// - Throws: ``StreamError``; any part of them may have been written.
    func write(_ bytes: [UInt8]) throws(StreamError)
}

/// What bytes are read from.
protocol ByteSource: AnyObject {
    /// How many bytes there are, where that is known beforehand.
    var size: Int? { get }

    /// The next bytes; none at the end.
    /// - Throws: ``StreamError``.
    func read() throws(StreamError) -> [UInt8]
}

/// A file or stream of the program that could not be read or written.
struct StreamError: Error, Equatable, CustomStringConvertible {
    /// What it is called: a path, or `standard output`.
    var name: String
    /// Why.
    var reason: String
    /// Whether whoever read what we write has gone.
    var isBrokenPipe = false

    var description: String { "\(name): \(reason)" }
}

/// Text on its way out, collected so that lines cost no system call each.
final class Output {
    private let sink: any ByteSink
    private var buffer: [UInt8] = []

    /// Writes to `sink`.
    init(_ sink: any ByteSink) {
        self.sink = sink
    }

    /// Adds to the text in whatever way `body` does.
    /// - Throws: ``StreamError`` if what has collected could not be written.
    func append(_ body: (inout [UInt8]) -> Void) throws(StreamError) {
        body(&buffer)
        if buffer.count >= 64 << 10 { try flush() }
    }

    /// Adds text.
    func write(_ text: String) throws(StreamError) {
        try append { $0.append(contentsOf: text.utf8) }
    }

    /// Adds a line of JSON.
    func line(_ json: JSONLine) throws(StreamError) {
        try append { $0.append(contentsOf: json.line) }
    }

    /// Writes out what has collected.
    func flush() throws(StreamError) {
        guard !buffer.isEmpty else { return }
        let bytes = buffer
        buffer.removeAll(keepingCapacity: true)
        try sink.write(bytes)
    }
}
