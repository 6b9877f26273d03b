import Mangrove
import MangroveStore

@testable import grove

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A sink that keeps what is written, and breaks when told to.
final class KeepingSink: ByteSink {
    private(set) var text = ""
    private(set) var writes: [String] = []
    /// After how many writes nobody reads any more.
    var breaksAfter: Int?

    func write(_ bytes: [UInt8]) throws(StreamError) {
        if let breaksAfter, writes.count >= breaksAfter {
            throw StreamError(name: "standard output", reason: "broken pipe", isBrokenPipe: true)
        }
        writes.append(String(decoding: bytes, as: UTF8.self))
        text += String(decoding: bytes, as: UTF8.self)
    }
}

/// Text to be read, in pieces.
final class TextSource: ByteSource {
    let size: Int?
    /// How many pieces were read.
    private(set) var reads = 0
    private var pieces: [[UInt8]]
    private let beforeRead: (Int) -> Void

    init(_ pieces: [String], isFile: Bool, beforeRead: @escaping (Int) -> Void = { _ in }) {
        self.pieces = pieces.map { Array($0.utf8) }
        size = isFile ? pieces.reduce(0) { $0 + $1.utf8.count } : nil
        self.beforeRead = beforeRead
    }

    func read() throws(StreamError) -> [UInt8] {
        beforeRead(reads)
        reads += 1
        return pieces.isEmpty ? [] : pieces.removeFirst()
    }
}

/// `grove` with everything around it replaced.
final class Bench {
    let gateway: FakeGateway
    let output = KeepingSink()
    let errors = KeepingSink()
    /// What standard input and the files hold.
    var files: [String: TextSource] = [:]
    var environment: [String: String] = [:]
    var errorTraits = TerminalTraits.none
    /// What is found of backups.
    var backups: [BackupCheckReport] = []
    /// What was opened in process: directory, and whether it was to be created.
    private(set) var opened: [String] = []
    /// The trees that pages were made of, by their files.
    private(set) var pages: [String: String] = [:]
    private var ids: UInt64 = 0

    init(stores: [String] = ["orders"]) {
        gateway = FakeGateway(stores: stores)
    }

    /// Runs a command line on the directory `/`, which is there and which nobody serves.
    func run(_ words: String..., input: String? = nil, data: String? = "/") async -> ExitCode {
        if let input { files["-"] = TextSource([input], isFile: false) }
        let takesData = words.first.flatMap(Verb.init(rawValue:))?.specification.options.contains {
            $0.name == "--data"
        }
        var words = words
        if let data, takesData == true { words.insert("--data=\(data)", at: 1) }
        let console = Console(
            output: Output(output),
            errors: Output(errors),
            errorTraits: errorTraits,
            open: { [self] name throws(StreamError) in
                guard let source = files[name] else {
                    throw StreamError(name: name, reason: "no such file or directory")
                }
                return source
            },
            newID: { [self] in
                ids += 1
                return EventID(high: 7, low: ids)
            }
        )
        let programs = Programs(
            openInProcess: { [self] directory, need, _, body in
                opened.append(directory + (need == .createIfMissing ? " create" : ""))
                return try await body(gateway)
            },
            serve: { options, _, console in
                try console.output.write("serve \(options)\n")
                return .done
            },
            subscribe: { options, _, console in
                try console.output.write("subscribe \(options)\n")
                return .done
            },
            top: { options, _, console, _ in
                try console.output.write("top \(options)\n")
                return .done
            },
            page: { _, file, gateway in
                self.pages[file] = try await gateway.tree(.json)
                return .done
            },
            watch: { start, count, _, console in
                try console.output.write("watch \(start ?? -1) \(count ?? -1)\n")
                return .done
            },
            checkBackups: { directory, number in
                guard directory == "backups" else { throw StoreError.noSuchBackup(directory) }
                return self.backups.filter { number ?? $0.number == $0.number }
            },
            demo: { options, console in
                try console.output.write("demo \(options.events ?? "history")\n")
                return .done
            }
        )
        return await runGrove(
            words,
            environment: environment,
            console: console,
            programs: programs
        )
    }

    /// What was printed, by lines.
    var lines: [String] { output.text.split(separator: "\n").map(String.init) }

    /// What was said on standard error, which is one line at most.
    var complaint: String { errors.text }
}

/// A directory of its own, removed at the end with all that is in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/mangrove-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    deinit {
        try? Self.remove(path, POSIXDisk())
    }

    private static func remove(_ path: String, _ disk: POSIXDisk) throws {
        for name in try disk.list(path) {
            let entry = path + "/" + name
            if try disk.kind(of: entry) == .directory {
                try remove(entry, disk)
            } else {
                try disk.removeFile(entry)
            }
        }
        try disk.removeDirectory(path)
    }
}
