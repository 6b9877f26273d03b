import Mangrove

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Programs run as processes of their own, to their end.
enum Program {
    /// What a program left behind.
    struct Outcome: Sendable, Equatable {
        /// Its exit code, or 128 and the number of the signal that ended it.
        var code: Int32
        /// What it printed on standard output.
        var output: String
        /// What it printed on standard error.
        var errors: String

        /// Its output, by lines.
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// The path of a product of this package: products stand beside the test program, which is this one.
    static func built(_ name: String) -> String {
        var directory = ownPath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        // On Darwin the test program is a bundle, and its file stands three levels down in it.
        if let bundle = directory.firstIndex(where: { $0.hasSuffix(".xctest") }) { directory = directory[..<bundle] }
        return (directory + [Substring(name)]).joined(separator: "/")
    }

    /// Runs a program to its end. Its standard input is `input`, and ends after it.
    /// - Throws: ``ProgramError`` if it cannot be started, or has to be killed because it does not end.
    static func run(
        _ path: String,
        _ arguments: [String] = [],
        input: String? = nil,
        environment: [String: String] = [:],
        directory: String? = nil
    ) async throws -> Outcome {
        let program = try RunningProgram(
            path,
            arguments,
            input: input ?? "",
            environment: environment,
            directory: directory
        )
        return try await program.outcome()
    }

    static var ownPath: String {
        #if canImport(Darwin)
            for index in 0..<_dyld_image_count() {
                guard let name = _dyld_get_image_name(index) else { continue }
                let path = String(cString: name)
                if path.contains(".xctest/") { return path }
            }
            return CommandLine.arguments.first ?? ""
        #else
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = buffer.withUnsafeMutableBytes { bytes -> Int in
                guard let start = bytes.baseAddress else { return 0 }
                return readlink("/proc/self/exe", start.assumingMemoryBound(to: CChar.self), bytes.count)
            }
            return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
        #endif
    }
}

/// What went wrong with a program, apart from what it says itself.
struct ProgramError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Files of the checkout the tests were built from.
enum Repository {
    /// Its path.
    static let path = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(
        separator: "/"
    )

    /// A file as text.
    /// - Throws: `DiskError` if it cannot be read.
    static func text(_ path: String) throws -> String {
        let file = try POSIXDisk().open(Self.path + "/" + path, .read)
        defer { file.close() }
        var bytes = [UInt8](repeating: 0, count: try file.size())
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}

/// Runs what blocks on a thread of its own.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        let started = SystemThread.start("test") { continuation.resume(with: Swift.Result { try body() }) }
        if !started { continuation.resume(throwing: ProgramError("there is no thread to be had")) }
    }
}
