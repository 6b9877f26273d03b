#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The program's standard output or standard error.
final class DescriptorSink: ByteSink {
    private let descriptor: Int32
    private let name: String

    /// Writes to an open descriptor, which stays open.
    init(_ descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    func write(_ bytes: [UInt8]) throws(StreamError) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { systemWrite(descriptor, $0) }
            if count >= 0 {
                written += count
            } else if errno == EAGAIN {
                // Somebody made the descriptor they share with us non-blocking: wait until it takes more.
                var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&watched, 1, -1)
            } else if errno != EINTR {
                throw StreamError(name: name, reason: systemMessage(errno), isBrokenPipe: errno == EPIPE)
            }
        }
    }
}

/// A file, or the program's standard input, read in pieces of 256 KiB.
final class DescriptorSource: ByteSource {
    let size: Int?
    private let descriptor: Int32
    private let name: String
    private let closes: Bool

    /// Opens a file; `-` is standard input.
    /// - Throws: ``StreamError`` if it cannot be read.
    init(_ path: String) throws(StreamError) {
        name = path == "-" ? "standard input" : path
        closes = path != "-"
        descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StreamError(name: name, reason: systemMessage(errno)) }
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isFile ? Int(status.st_size) : nil
    }

    deinit {
        if closes { close(descriptor) }
    }

    func read() throws(StreamError) -> [UInt8] {
        var number: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 256 << 10) { buffer, initialized in
            while true {
                let count = systemRead(descriptor, UnsafeMutableRawBufferPointer(buffer))
                if count >= 0 {
                    initialized = count
                    return
                }
                guard errno == EINTR else {
                    number = errno
                    return
                }
            }
        }
        guard number == 0 else { throw StreamError(name: name, reason: systemMessage(number)) }
        return bytes
    }
}

/// What the program asks of the system besides reading and writing.
enum System {
    /// Makes writing to a pipe that nobody reads an error instead of the program's end.
    static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// A variable of the environment.
    static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// A path that means the same to a program with another working directory.
    static func absolutePath(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        let here = workingDirectory
        return (here == "/" ? "" : here) + "/" + (path.hasPrefix("./") ? String(path.dropFirst(2)) : path)
    }

    /// All variables of the environment.
    static var variables: [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // As the system has it: the first of a name counts.
            if parts.count == 2, variables[String(parts[0])] == nil { variables[String(parts[0])] = String(parts[1]) }
            next += 1
        }
        return variables
    }

    /// The directory that relative paths are relative to.
    static var workingDirectory: String {
        guard let path = getcwd(nil, 0) else { return "." }
        defer { free(path) }
        return String(cString: path)
    }

    /// Whether there is something at `path`.
    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Whether there is a directory at `path`.
    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Sixty-four random bits.
    static func randomBits() -> UInt64 {
        UInt64.random(in: .min ... .max)
    }

    /// Ends the program.
    static func exit(_ code: ExitCode) -> Never {
        systemExit(code.rawValue)
    }
}

/// What the system calls an error, in lower case like the rest of our messages.
private func systemMessage(_ number: Int32) -> String {
    let message = String(cString: strerror(number))
    return message.prefix(1).lowercased() + message.dropFirst()
}

// The members above have the names of the system's functions, which these reach.

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}

private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, buffer.baseAddress, buffer.count)
}

private func systemExit(_ code: Int32) -> Never {
    exit(code)
}
