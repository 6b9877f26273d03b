internal import Mangrove

/// A transcript as it stands in its file: commands, each with what is expected to follow, and what people wrote between them.
struct TranscriptFile: Sendable {
    struct Entry: Sendable {
        /// Comments and blank lines before the command.
        var before: [String]
        var command: String
        /// Where the command stands; the first line is 1.
        var line: Int
        var expected: [String]
    }

    var entries: [Entry] = []
    /// Comments after the last command.
    var rest: [String] = []

    /// Reads a transcript.
    /// - Throws: ``TranscriptError`` with the line that is wrong.
    init(_ text: String, path: String) throws(TranscriptError) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        var before: [String] = []
        var index = 0
        while index < lines.count {
            let line = lines[index]
            index += 1
            if line.isEmpty || line.hasPrefix("#") {
                before.append(line)
                continue
            }
            guard index < lines.count, lines[index] == "----" else {
                throw TranscriptError(path: path, line: index, problem: "no line of four dashes follows '\(line)'")
            }
            var entry = Entry(before: before, command: line, line: index, expected: [])
            before = []
            index += 1
            while index < lines.count, !lines[index].isEmpty {
                entry.expected.append(lines[index])
                index += 1
            }
            entries.append(entry)
        }
        rest = before
    }

    var text: String {
        var lines = entries.flatMap { $0.before + [$0.command, "----"] + $0.expected }
        lines += rest
        return lines.joined(separator: "\n") + "\n"
    }
}

/// A transcript that cannot be read or carried out: which line, and why.
public struct TranscriptError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// The line, from 1; 0 if it is about the whole file.
    public let line: Int
    /// What is wrong.
    public let problem: String

    /// `file:line: problem`.
    public var description: String { "\(path):\(line): \(problem)" }
}

extension POSIXDisk {
    func text(of path: String) throws -> String {
        let file = try open(path, .read)
        defer { file.close() }
        var bytes = [UInt8](repeating: 0, count: try file.size())
        var read = 0
        while read < bytes.count {
            let count = try bytes.withUnsafeMutableBytes { buffer in
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[read...]), at: read)
            }
            guard count > 0 else { break }
            read += count
        }
        return String(decoding: bytes[..<read], as: UTF8.self)
    }

    func write(_ text: String, to path: String) throws {
        let file = try open(path, .replace)
        defer { file.close() }
        try Array(text.utf8).withUnsafeBytes { try file.write($0, at: 0) }
    }
}
