import Mangrove
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("Supervised programs and the end of their parent", .timeLimit(.minutes(30)))
struct ProgramParentTests {
    private func gone(_ number: Int32) async {
        while isAlive(number) { await Task.yield() }
    }

    /// Sends signals to its own group, once its watcher, which leads the group, ignores them; that can be seen on Linux.
    private var signals: String {
        #if os(Linux)
            "until grep -q '^SigIgn:.*4007$' /proc/$(cut -d ' ' -f 5 /proc/$$/stat)/status; do :; done; "
                + "kill -TERM 0; kill -HUP 0; kill -INT 0; kill -QUIT 0"
        #else
            ":"
        #endif
    }

    @Test(
        "However the parent dies, its programs die with it, and what they have started, deaf to SIGTERM or not, and sending it",
        arguments: [SIGKILL, SIGTERM]
    )
    func noOrphans(_ signal: Int32) async throws {
        let script =
            "trap '' TERM HUP INT QUIT; \(signals); sleep 3600 & echo $!; echo $$; while :; do sleep 3600; done"
        let parent = try RunningProgram(Program.built("program-parent"), [script])
        var numbers: [Int32] = []
        for _ in 0..<2 { numbers.append(try #require(await parent.line().flatMap { Int32($0) })) }
        for number in numbers { #expect(isAlive(number)) }
        parent.signal(signal)
        #expect(await parent.wait() == 128 + signal)
        for number in numbers { await gone(number) }
    }

    @Test("A program that runs a tree ends in order at the first signal", arguments: [SIGTERM, SIGINT])
    func firstSignal(_ signal: Int32) async throws {
        let script = "trap 'echo bye; exit' TERM; echo up; while :; do sleep 0.05; done"
        let parent = try RunningProgram(Program.built("program-parent"), [script, "0"])
        #expect(await parent.line() == "up")
        parent.signal(signal)
        #expect(await parent.line() == "bye")
        #expect(await parent.line() == "stopped")
        #expect(await parent.wait() == 0)
    }

    @Test("The second signal ends it at once, and its programs with it", arguments: [SIGTERM, SIGINT])
    func secondSignal(_ signal: Int32) async throws {
        // It says when it has been asked to stop, and does not.
        let script = "trap 'echo asked' TERM; echo $$; while :; do sleep 0.05; done"
        let parent = try RunningProgram(Program.built("program-parent"), [script, "0"])
        let number = try #require(await parent.line().flatMap { Int32($0) })
        parent.signal(signal)
        #expect(await parent.line() == "asked")
        parent.signal(signal)
        #expect(await parent.wait() == 128 + signal)
        await gone(number)
    }

    #if os(Linux)
        @Test("Programs that have ended leave nothing behind: no descriptor, no dead process, no watcher")
        func noLeaks() async throws {
            let script = "echo $$; cut -d ' ' -f 5 /proc/$$/stat; read end"
            let parent = try RunningProgram(Program.built("program-parent"), [script, "2", "25"])
            /// Hears of so many rounds to their end: then the status of all that ran in them has been taken, and not even a dead
            /// process of that number is there.
            func hear(rounds: Int) async throws {
                var numbers: [Int32] = []
                while let line = await parent.line(), line != "done" { numbers.append(try #require(Int32(line))) }
                #expect(numbers.count == 2 * rounds)
                for number in numbers {
                    while kill(number, 0) == 0 { await Task.yield() }
                }
            }
            func descriptors() throws -> Int { try POSIXDisk().list("/proc/\(parent.processID)/fd").count }
            try await hear(rounds: 2)
            // The program is compared with itself: what it has open from its start on is none of its own doing.
            let few = try descriptors()
            try await parent.write("go on\n")
            try await hear(rounds: 25)
            while try descriptors() > few { await Task.yield() }
        }
    #endif
}
