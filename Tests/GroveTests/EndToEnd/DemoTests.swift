import Mangrove
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("The program: the demo")
struct DemoTests {
    @Test("It runs to its end on events from a file, and finds everything there")
    func toTheEnd() async throws {
        let site = Site()
        let temporary = try site.directory("temporary")
        let events = (0..<300).map {
            "{\"stream\":\"s-\($0 % 7)\",\"type\":\"t\",\"id\":\"\($0)\",\"data\":{\"n\":\($0)}}\n"
        }
        let file = try site.file("events.ndjson", events.joined())
        let outcome = try await Program.run(
            Site.program,
            ["demo", "--events", file],
            environment: ["TMPDIR": temporary]
        )
        #expect(outcome.code == 0)
        #expect(outcome.errors.isEmpty)
        // Not a terminal: no colours, nothing drawn over.
        #expect(!outcome.output.contains("\u{1B}") && !outcome.output.contains("\r"))
        #expect(outcome.output.contains("events        300  from the file\n"))
        #expect(outcome.lines.last == "Every acknowledged event is there, exactly once and in order.")
        for part in [
            "'history'     300 events in 7 streams", "The live supervision tree", "● store-manager",
            "✗ a stream's writer crashes", "✗ a partition of the readers crashes", "✗ the leader worker crashes",
            "✗ the whole subtree of the store is killed", "✓ restarted", "never noticed", "✓ answering again as",
            "stopped in order", "✓ in order, no gaps", "every record and every invariant verified",
        ] {
            #expect(outcome.output.contains(part), "\(part)")
        }
        #expect(outcome.lines.count { $0.contains("killed after") } == 3)
        #expect(try POSIXDisk().list(temporary) == [])
    }

    @Test("Where there is no history it generates events, and says how many")
    func generated() async throws {
        let site = Site()
        let place = try site.directory("place")
        let demo = try RunningProgram(
            Site.program,
            ["demo"],
            environment: ["TMPDIR": place, "GIT_CEILING_DIRECTORIES": place, "GIT_DIR": place + "/none"],
            directory: place
        )
        var lines: [String] = []
        while let line = await demo.line() {
            lines.append(line)
            if line.hasSuffix(" generated") { break }
        }
        #expect(lines.contains { $0.contains("     0  from this checkout's version-control history") }, "\(lines)")
        #expect(lines.contains { $0.contains("20,000  generated") }, "\(lines)")
        demo.signal(SIGKILL)
        await demo.wait()
    }

    @Test("Where there is a short history it takes it, and tops it up")
    func history() async throws {
        let site = Site()
        let place = try site.directory("place")
        let script = """
            git init -q . && for n in 1 2 3; do
            git -c user.name=ann -c user.email=a@b commit -q --allow-empty -m "commit $n"; done
            """
        // Without git there is nothing to be seen here.
        guard try await Program.run("/bin/sh", ["-c", script], directory: place).code == 0 else { return }
        let demo = try RunningProgram(Site.program, ["demo"], environment: ["TMPDIR": place], directory: place)
        var lines: [String] = []
        while let line = await demo.line() {
            lines.append(line)
            if line.hasSuffix(" generated") { break }
        }
        #expect(lines.contains { $0.contains("     3  from this checkout's version-control history") }, "\(lines)")
        #expect(lines.contains { $0.contains("19,997  generated") }, "\(lines)")
        demo.signal(SIGKILL)
        await demo.wait()
    }

    @Test("A file that is not there, or has no events, is named")
    func badFile() async throws {
        let missing = try await Program.run(Site.program, ["demo", "--events", "/none/at/all"])
        #expect(missing == .init(code: 1, output: "", errors: "grove: /none/at/all: no such file or directory\n"))
        let empty = try await Program.run(Site.program, ["demo", "--events", "/dev/null"])
        #expect(empty == .init(code: 1, output: "", errors: "grove: /dev/null has no events\n"))
        let site = Site()
        let place = try site.directory("place")
        let file = try site.file("bad", "{\"stream\":\"s\",\"type\":\"t\"}\n{\"stream\":1}\n")
        let bad = try await Program.run(Site.program, ["demo", "--events", file], environment: ["TMPDIR": place])
        #expect(bad == .init(code: 1, output: "", errors: "grove: \(file): line 2: \"stream\" is not a string\n"))
        #expect(try POSIXDisk().list(place) == [])
    }
}
