import Mangrove
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The program under the system's tracer.
enum Tracer {
    /// Whether it is there and may trace. Where it must be, it is taken to be there, and the tests fail if it is not.
    static func isExpected() async -> Bool {
        if getenv("MANGROVE_REQUIRE_STRACE").map({ String(cString: $0) }) == "1" { return true }
        return (try? await Program.run("strace", ["-o", "/dev/null", "true"]))?.code == 0
    }

    /// The words that start `grove` with a trace of what concerns the disk and those who wait for it.
    static func words(_ site: Site, _ words: [String], trace: String) -> [String] {
        let calls = [
            "openat", "write", "pwrite64", "fdatasync", "fsync", "ftruncate", "mkdir", "mkdirat", "recvfrom", "sendto",
            "rename", "renameat", "renameat2", "unlink", "unlinkat",
        ]
        // A call that an architecture does not have is passed over.
        let filter = "trace=" + calls.map { "?" + $0 }.joined(separator: ",")
        return ["-f", "-tt", "-y", "-s", "1000000", "-e", filter, "-o", trace, Site.program] + site.onData(words)
    }
}

@Suite(
    "The program: nothing is acknowledged before it is on the disk",
    .enabled("strace is not installed or may not trace here; set MANGROVE_REQUIRE_STRACE=1 to insist on it") {
        await Tracer.isExpected()
    }
)
struct FlushTests {
    private static func lines(_ client: String, _ count: Int) -> String {
        (1...count).map { number in
            "{\"stream\":\"\(client)\",\"type\":\"t\",\"data\":\"mark-\(client)-\(number)-\(String(repeating: "x", count: 150))\"}\n"
        }.joined()
    }

    /// Runs a verb in process, traced, to its end.
    private func trace(_ site: Site, _ words: String..., input: String = "") async throws -> (
        FlushCheck, Program.Outcome
    ) {
        let file = try site.file("trace", "")
        let outcome = try await Program.run("strace", Tracer.words(site, words, trace: file), input: input)
        return (try FlushCheck(String(decoding: try site.bytes(of: file), as: UTF8.self)), outcome)
    }

    @Test("A store is on the disk, its directories and their names included, before its creation is answered")
    func creation() async throws {
        let site = Site(data: "parent/data")
        let (check, outcome) = try await trace(site, "stores", "create", "x")
        #expect(outcome.code == 0)
        #expect(check.problems == [])
        // The one of records is among them.
        #expect(check.stores == 2)
    }

    @Test("An import in process prints no acknowledgement before its flush, nor after a torn tail was cut off")
    func importing() async throws {
        let site = Site()
        #expect(try await site.grove("stores", "create", "x").code == 0)
        #expect(try await site.grove("append", "x", "s", input: "{\"type\":\"t\",\"data\":1}\n").code == 0)
        try site.tear("x")
        let (check, outcome) = try await trace(site, "import", "x", "--acks", "--batch=3", input: Self.lines("a", 40))
        #expect(outcome.code == 0 && outcome.lines.count == 14)
        #expect(check.problems == [])
        #expect(check.acknowledged == 40)
        #expect(try await site.grove("read", "x", "--all").lines.count == 41)
    }

    @Test("A node answers no client before its flush, in new segments too, and with several clients at once")
    func serving() async throws {
        let site = Site()
        let file = try site.file("trace", "")
        let configuration = try site.file("config", "{\"segmentBytes\": 4096}")
        let words = ["serve", "--store", "x", "--config", configuration]
        let strace = try RunningProgram("strace", Tracer.words(site, words, trace: file))
        let greeting = try #require(await strace.line())
        let node = try #require(greeting.firstMatch(of: /process (\d+):/).flatMap { Int32($0.output.1) })
        defer { kill(node, SIGKILL) }
        #expect(try await site.grove("stores", "create", "y").code == 0)
        async let a = site.grove("import", "x", "--batch=1", "--acks", input: Self.lines("a", 40))
        async let b = site.grove("import", "x", "--batch=5", "--acks", input: Self.lines("b", 40))
        async let c = site.grove("import", "y", "--batch=3", "--acks", input: Self.lines("c", 40))
        #expect(try await [a, b, c].map(\.lines.count) == [40, 8, 14])
        kill(node, SIGTERM)
        #expect(await strace.wait() == 0)
        let check = try FlushCheck(String(decoding: try site.bytes(of: file), as: UTF8.self))
        #expect(check.problems == [])
        #expect(check.acknowledged == 120)
        // The one of records is among them.
        #expect(check.stores == 3)
        #expect(check.newSegments > 3)
    }
}

@Suite("What a trace of system calls is judged by")
struct FlushCheckTests {
    private static let log = "/d/x/raft_logs/00000000000000000007.log"
    private static let creation = [
        "1 1:00 mkdir(\"/d/x\", 0755) = 0",
        "1 1:00 openat(AT_FDCWD</>, \"/d/x/manifest.tmp\", O_RDWR|O_CREAT|O_TRUNC, 0644) = 8</d/x/manifest.tmp>",
        "1 1:00 pwrite64(8</d/x/manifest.tmp>, \"MGRV\", 4, 0) = 4",
        "1 1:00 fdatasync(8</d/x/manifest.tmp>) = 0",
        "1 1:00 fsync(9</d>) = 0",
        "1 1:00 renameat(AT_FDCWD</>, \"/d/x/manifest.tmp\", AT_FDCWD</>, \"/d/x/manifest\") = 0",
        "1 1:00 fsync(9</d/x>) = 0",
        "1 1:00 write(1<pipe:[5]>, \"{\\\"id\\\":\\\"x\\\"}\", 10) = 10",
    ]
    private static let segment = [
        "2 1:00 openat(AT_FDCWD</>, \"\(log)\", O_RDWR|O_CREAT|O_EXCL, 0644) = 7<\(log)>",
        "2 1:00 pwrite64(7<\(log)>, \"MGRVSEGM\", 40, 0) = 40",
        "2 1:00 fdatasync(7<\(log)>) = 0",
        "2 1:00 fsync(9</d/x/raft_logs>) = 0",
    ]
    private static let append = [
        "3 1:00 recvfrom(5<socket:[8]>,  <unfinished ...>",
        "4 1:00 recvfrom(6<socket:[9]>, \"\", 4, 0, NULL, NULL) = 0",
        "3 1:00 <... recvfrom resumed>\"..mark-a-1-x..mark-a-2-\", 22, 0, NULL, NULL) = 22",
        "2 1:00 pwrite64(7<\(log)>, \"..mark-a-1-x..mark-a-2-\", 22, 40) = 22",
        "2 1:00 fdatasync(7<\(log)> <unfinished ...>",
        "4 1:00 --- SIGCHLD {si_signo=SIGCHLD} ---",
        "2 1:00 <... fdatasync resumed>)            = 0",
        "5 1:00 sendto(5<socket:[8]>, \"ok\", 2, MSG_NOSIGNAL, NULL, 0) = 2",
        "5 1:00 +++ exited with 0 +++",
    ]

    private func problems(_ lines: [String]) throws -> Int {
        try FlushCheck(lines.joined(separator: "\n")).problems.count
    }

    /// The lines with one of them moved to another place.
    private func moving(_ from: Int, to: Int, _ lines: [String]) -> [String] {
        var lines = lines
        lines.insert(lines.remove(at: from), at: to)
        return lines
    }

    /// The lines without one of them.
    private func without(_ index: Int, _ lines: [String]) -> [String] {
        var lines = lines
        lines.remove(at: index)
        return lines
    }

    @Test("It finds nothing wrong where nothing is")
    func good() throws {
        let check = try FlushCheck((Self.creation + Self.segment + Self.append).joined(separator: "\n"))
        #expect(check.problems == [])
        #expect(check.acknowledged == 2 && check.stores == 1 && check.newSegments == 1)
        let calls = try SystemCall.calls(in: Self.append.joined(separator: "\n"))
        #expect(calls.map(\.begin) == [0, 1, 3, 4, 7] && calls.map(\.end) == [2, 1, 3, 6, 7])
        #expect(calls.map(\.result) == [22, 0, 22, 0, 2])
    }

    @Test("It finds an acknowledgement that is too early")
    func early() throws {
        let append = Self.append
        #expect(try problems(moving(7, to: 3, append)) > 0, "before the write")
        #expect(try problems(moving(7, to: 4, append)) > 0, "before the flush")
        #expect(try problems(moving(7, to: 5, append)) > 0, "while the flush is under way")
        #expect(try problems(without(3, append)) > 0, "nothing written")
        #expect(
            try problems(
                append.map {
                    $0.replacing("fdatasync resumed>)            = 0", with: "fdatasync resumed>) = -1 EIO (error)")
                }
            ) > 0
        )
        #expect(
            try problems(append.map { $0.replacing("fdatasync(7<\(Self.log)>", with: "fdatasync(7</d/y/other.log>") })
                > 0
        )
        let line = "1 1:00 write(1<pipe:[5]>, \"{\\\"lines\\\":[1,2],\\\"position\\\":1}\\n\", 32) = 32"
        #expect(try problems(append + [line]) == 0)
        #expect(try problems(append.prefix(4) + [line] + append.dropFirst(4)) > 0)
        #expect(try problems(append + [line.replacing("[1,2]", with: "[3,3]")]) > 0, "never written")
    }

    @Test("It finds a flush that began before the write had ended")
    func overlapping() throws {
        var lines = moving(4, to: 3, Self.append)
        #expect(try problems(lines) > 0)
        lines = Self.append
        lines[3] = "4 1:00 pwrite64(7<\(Self.log)>, \"..mark-a-1-x..mark-a-2-\" <unfinished ...>"
        lines.insert("4 1:00 <... pwrite64 resumed>, 22, 40) = 22", at: 5)
        #expect(try problems(lines) > 0)
    }

    @Test("It finds a new segment whose directory or header is not flushed")
    func segments() throws {
        #expect(try problems(Self.segment + Self.append) == 0)
        #expect(try problems(without(3, Self.segment) + Self.append) > 0)
        #expect(try problems(moving(3, to: 0, Self.segment) + Self.append) > 0)
        let other = Self.log.replacing("7.log", with: "3.log")
        let unflushed = "2 1:00 pwrite64(7<\(other)>, \"..mark-a-0-\", 22, 40) = 22"
        #expect(try problems([unflushed] + Self.append) > 0, "an earlier record is not flushed")
    }

    @Test("It finds a store that is answered for too early")
    func stores() throws {
        let creation = Self.creation
        #expect(try problems(creation) == 0)
        for missing in 2...4 { #expect(try problems(without(missing, creation)) > 0) }
        #expect(try problems(without(6, creation)) > 0)
        #expect(try problems(moving(3, to: 5, creation)) > 0, "flushed after the rename")
        #expect(try problems(moving(7, to: 6, creation)) > 0)
        #expect(try problems(moving(4, to: 0, creation)) > 0, "the parent flushed before the directory was made")
    }

    @Test("It does not pass over what it does not understand")
    func nonsense() {
        #expect(throws: ProgramError.self) { try FlushCheck("1 1:00 nonsense") }
        #expect(throws: ProgramError.self) { try FlushCheck("1 1:00 <... fsync resumed>) = 0") }
    }
}
