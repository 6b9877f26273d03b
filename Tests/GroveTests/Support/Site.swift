import Mangrove
import Testing

/// A data directory of its own, and the real program run on it.
final class Site: Sendable {
    private let directory = TemporaryDirectory()
    /// The data directory, which is not made beforehand.
    let data: String

    /// - Parameter name: what the data directory is called within a temporary directory.
    init(data name: String = "data") {
        data = directory.path + "/" + name
    }

    /// The program.
    static var program: String { Program.built("grove") }

    /// Runs a verb on the data directory, to its end.
    func grove(
        _ words: String...,
        input: String? = nil,
        environment: [String: String] = [:]
    ) async throws -> Program.Outcome {
        try await Program.run(Self.program, onData(words), input: input, environment: environment)
    }

    /// Starts a verb on the data directory.
    func start(_ words: String...) throws -> RunningProgram {
        try RunningProgram(Self.program, onData(words))
    }

    /// Starts a node, and waits until it says that it serves.
    func serve(_ words: String...) async throws -> RunningProgram {
        let node = try RunningProgram(Self.program, onData(["serve"] + words))
        guard let line = await node.line() else {
            throw ProgramError("no node: \(try await node.outcome().errors)")
        }
        #expect(line.hasPrefix("serving \(data) as process \(node.processID): "))
        return node
    }

    /// What it takes to run these words on the data directory.
    func onData(_ words: [String]) -> [String] {
        [words[0], "--data=\(data)"] + words.dropFirst()
    }

    /// Makes a file beside the data directory.
    /// - Returns: its path.
    func file(_ name: String, _ text: String) throws -> String {
        let path = directory.path + "/" + name
        let file = try POSIXDisk().open(path, .replace)
        defer { file.close() }
        try Array(text.utf8).withUnsafeBytes { try file.write($0, at: 0) }
        return path
    }

    /// A directory beside the data directory.
    func directory(_ name: String) throws -> String {
        let path = directory.path + "/" + name
        try POSIXDisk().createDirectory(path)
        return path
    }

    /// The files of a store's log: their paths within the data directory, and what is in them.
    func log(of store: String) throws -> [String: [UInt8]] {
        let path = data + "/\(store)/raft_logs"
        var files: [String: [UInt8]] = [:]
        for name in try POSIXDisk().list(path) { files[name] = try bytes(of: path + "/" + name) }
        return files
    }

    /// What is in a file.
    func bytes(of path: String) throws -> [UInt8] {
        let file = try POSIXDisk().open(path, .read)
        defer { file.close() }
        var bytes = [UInt8](repeating: 0, count: try file.size())
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        return Array(bytes[..<count])
    }

    /// Turns one byte of a store's log into another, in its first segment.
    /// - Returns: the segment's path.
    func damage(_ store: String, at offset: Int) throws -> String {
        let path = try data + "/\(store)/raft_logs/" + #require(try log(of: store).keys.min())
        let byte = try bytes(of: path)[offset]
        let file = try POSIXDisk().open(path, .readWrite)
        defer { file.close() }
        try [byte ^ 0x10].withUnsafeBytes { try file.write($0, at: offset) }
        return path
    }

    /// Adds to a store's log what a write that was cut short would leave.
    func tear(_ store: String) throws {
        let (name, bytes) = try #require(try log(of: store).max { $0.key < $1.key })
        let file = try POSIXDisk().open(data + "/\(store)/raft_logs/" + name, .readWrite)
        defer { file.close() }
        try bytes[40..<60].withUnsafeBytes { try file.write($0, at: bytes.count) }
    }

    /// Whether there is something at a path within the data directory.
    func exists(_ path: String) throws -> Bool {
        try POSIXDisk().kind(of: data + "/" + path) != nil
    }
}

/// Both ways a verb can reach its data directory.
enum Way: String, CaseIterable, CustomTestStringConvertible {
    case throughNode = "through a node"
    case inProcess = "in process"

    var testDescription: String { rawValue }

    /// A node that serves the directory, if this is the way.
    func node(_ site: Site) async throws -> RunningProgram? {
        self == .throughNode ? try await site.serve() : nil
    }
}
