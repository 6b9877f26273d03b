import Mangrove
import MangroveTesting
import Testing

/// A runtime in the real world whose log is kept.
private func realRuntime() -> (runtime: Runtime, logs: RecordedLogs) {
    let logs = RecordedLogs()
    return (Runtime(.system(disk: POSIXDisk(), logs: logs)), logs)
}

/// A child that runs a shell script.
private func shell(
    _ script: String,
    restart: RestartType = .temporary,
    shutdown: ShutdownPolicy = .within(.seconds(60)),
    lineLimit: Int = 1 << 20,
    inputLimit: Int = 1 << 20,
    onLine: Mangrove.Program.LineHandler? = nil
) -> Mangrove.Program {
    Mangrove.Program(
        "sh",
        name: "sh",
        executable: "/bin/sh",
        arguments: ["-c", script],
        restart: restart,
        shutdown: shutdown,
        lineLimit: lineLimit,
        inputLimit: inputLimit,
        onLine: onLine
    )
}

/// Collects lines and lets a test wait for them.
private final class Lines: Sendable {
    private let journal = Journal()
    private let waiters = Lock<[(count: Int, waiter: CheckedContinuation<Void, Never>)]>([])

    var all: [String] { journal.all }

    func add(_ line: String) {
        journal.add(line)
        let count = journal.all.count
        let ready = waiters.withLock { waiters in
            defer { waiters.removeAll { $0.count <= count } }
            return waiters.filter { $0.count <= count }.map(\.waiter)
        }
        for waiter in ready { waiter.resume() }
    }

    func wait(for count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = waiters.withLock { waiters in
                if journal.all.count >= count { return true }
                waiters.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

@Suite(.timeLimit(.minutes(30))) struct ProgramTests {
    @Test("A program's lines come as turns, in order, the last one without a line end too, before its end is known")
    func lines() async throws {
        let (runtime, _) = realRuntime()
        let lines = Lines()
        try await runtime.start(
            Supervisor {
                shell("read go; i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; printf last") {
                    line,
                    _ in
                    lines.add(line)
                }
            }
        )
        let ref = try runtime.address("sh", of: ProgramProcess.self).resolve()
        try await ref.call { try $0.send(line: "go") }
        let reason = await ref.exitReason()
        #expect("\(reason)" == "normal")
        #expect(lines.all == (0..<5_000).map { "line \($0)" } + ["last"])
        await runtime.shutdown()
    }

    @Test("What a program printed before it ended is handled to the last line, however late its process comes to it")
    func ledBehind() async throws {
        let (runtime, _) = realRuntime()
        let lines = Lines()
        try await runtime.start(
            Supervisor {
                shell("echo $$; read go; i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i+1)); done") {
                    line,
                    process in
                    lines.add(line)
                    guard let number = Int32(line) else { return }
                    // All else is printed while this first line is being handled, and waits in the pipe.
                    try process.send(line: "go")
                    while isAlive(number) { try await runtime.sleep(for: .milliseconds(1)) }
                }
            }
        )
        let ref = try runtime.address("sh", of: ProgramProcess.self).resolve()
        #expect("\(await ref.exitReason())" == "normal")
        #expect(Array(lines.all.dropFirst()) == (0..<1_000).map { "line \($0)" })
        await runtime.shutdown()
    }

    @Test("A program answers what it is sent, and ends when its input does")
    func conversation() async throws {
        let (runtime, _) = realRuntime()
        let lines = Lines()
        // The second one would inherit the first one's input, if descriptors leaked, and so keep it from ending.
        let second = Mangrove.Program("other", executable: "cat", restart: .temporary)
        try await runtime.start(
            Supervisor {
                shell("cat") { line, _ in lines.add(line) }
                second
            }
        )
        let ref = try runtime.address("sh", of: ProgramProcess.self).resolve()
        try await ref.call { process in
            try process.send(line: "one")
            try process.send(line: "zwei ✓")
            #expect(throws: ProgramError.lineBreak) { try process.send(line: "a\nb") }
        }
        await lines.wait(for: 2)
        try await ref.call { process in
            process.closeInput()
            #expect(throws: ProgramError.inputClosed) { try process.send(line: "three") }
        }
        #expect("\(await ref.exitReason())" == "normal")
        #expect(lines.all == ["one", "zwei ✓"])
        await runtime.shutdown()
    }

    @Test(
        "How a program ends is how its process does",
        arguments: [
            ("exit 0", "normal"), ("exit 3", "program: status 3"), ("kill -9 $$", "program: signal 9"),
            ("kill -SEGV $$", "program: signal 11"),
        ]
    )
    func ends(_ script: String, _ expected: String) async throws {
        let (runtime, _) = realRuntime()
        try await runtime.start(Supervisor { shell("read go; " + script) })
        let ref = try runtime.address("sh", of: ProgramProcess.self).resolve()
        try await ref.call { try $0.send(line: "go") }
        let reason = await ref.exitReason()
        #expect("\(reason)" == expected)
        #expect(reason.isClean == (expected == "normal"))
        await runtime.shutdown()
    }

    @Test("A transient program that fails is restarted, and not when it succeeds; too many failures end its supervisor")
    func restarts() async throws {
        let (runtime, logs) = realRuntime()
        let starts = Lines()
        let root = try await runtime.start(
            Supervisor(intensity: RestartIntensity(2, within: .seconds(3_600))) {
                shell("echo start; exit 7", restart: .transient) { line, _ in starts.add(line) }
            }
        )
        #expect("\(await root.exitReason())" == "shutdown")
        #expect(starts.all == ["start", "start", "start"])
        #expect(logs.events(named: "supervisor.child.restarting").count == 2)
        #expect(logs.events(named: "supervisor.gave_up").first?.logfmt.contains("status 7") == true)

        let fine = try await runtime.start(
            Supervisor(autoShutdown: .allSignificant) {
                Program("once", executable: "true", restart: .transient, isSignificant: true)
            }
        )
        #expect("\(await fine.exitReason())" == "shutdown")
        #expect(logs.events(named: "supervisor.child.restarting").count == 2)
        await runtime.shutdown()
    }

    @Test("Stopping asks with SIGTERM, and what the program says then is still heard")
    func graceful() async throws {
        let (runtime, _) = realRuntime()
        let lines = Lines()
        try await runtime.start(
            Supervisor {
                shell("trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.05; done") { line, _ in
                    lines.add(line)
                }
            }
        )
        let ref = try runtime.address("sh", of: ProgramProcess.self).resolve()
        await lines.wait(for: 1)
        #expect("\(await ref.stop(.shutdown, within: nil))" == "shutdown")
        #expect(lines.all == ["ready", "bye"])
        await runtime.shutdown()
    }

    @Test("A program that does not hear SIGTERM is killed when its time is over, and with it what it has started")
    func killed() async throws {
        let (runtime, _) = realRuntime()
        let lines = Lines()
        try await runtime.start(
            Supervisor {
                shell("trap '' TERM; sleep 3600 & echo $!; echo $$; while :; do sleep 1; done") { line, _ in
                    lines.add(line)
                }
            }
        )
        let ref = try runtime.address("sh", of: ProgramProcess.self).resolve()
        await lines.wait(for: 2)
        #expect("\(await ref.stop(.shutdown, within: .milliseconds(50)))" == "killed")
        for line in lines.all { try await gone(line, runtime) }
        await runtime.shutdown()
    }

    @Test("What a program has left running in its group ends with it")
    func leftovers() async throws {
        let (runtime, _) = realRuntime()
        let lines = Lines()
        try await runtime.start(
            Supervisor { shell("sleep 3600 & echo $!; exit 0") { line, _ in lines.add(line) } }
        )
        await lines.wait(for: 1)
        try await gone(lines.all[0], runtime)
        await runtime.shutdown()
    }

    @Test("An error of the line handler ends the process and the program")
    func handlerFails() async throws {
        let (runtime, _) = realRuntime()
        let lines = Lines()
        try await runtime.start(
            Supervisor {
                shell("echo $$; read go; echo bad; sleep 3600") { line, _ in
                    if line == "bad" { throw Boom() }
                    lines.add(line)
                }
            }
        )
        let ref = try runtime.address("sh", of: ProgramProcess.self).resolve()
        await lines.wait(for: 1)
        try await ref.call { try $0.send(line: "go") }
        #expect("\(await ref.exitReason())" == "crash: Boom()")
        try await gone(lines.all[0], runtime)
        await runtime.shutdown()
    }

    @Test("A line over the limit ends the program")
    func longLine() async throws {
        let (runtime, _) = realRuntime()
        try await runtime.start(Supervisor { shell("read go; echo 123456789; sleep 3600", lineLimit: 8) })
        let ref = try runtime.address("sh", of: ProgramProcess.self).resolve()
        try await ref.call { try $0.send(line: "go") }
        #expect("\(await ref.exitReason())" == "crash: the program printed a line of more than 8 bytes")
        await runtime.shutdown()
    }

    @Test("Input that the program does not read is bounded")
    func inputFull() async throws {
        let (runtime, _) = realRuntime()
        try await runtime.start(Supervisor { shell("sleep 3600", inputLimit: 100) })
        let ref = try runtime.address("sh", of: ProgramProcess.self).resolve()
        await #expect(throws: ProgramError.inputFull(limit: 100)) {
            try await ref.call { try $0.send(line: String(repeating: "x", count: 100)) }
        }
        // A pipe holds some megabytes at most.
        await #expect(throws: ProgramError.inputFull(limit: 100)) {
            try await ref.call { process in
                let line = String(repeating: "x", count: 90)
                for _ in 0..<1_000_000 { try process.send(line: line) }
            }
        }
        await runtime.shutdown()
    }

    @Test("A program that cannot be started is a failed start that says why")
    func noSuchFile() async throws {
        let (runtime, _) = realRuntime()
        let error = await #expect(throws: SupervisorError.self) {
            try await runtime.start(Supervisor { Program("none", executable: "/no/such/file") })
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("/no/such/file"))
        #expect(runtime.processCount == 0)
    }

    @Test("A program that could never be started is refused before anything starts")
    func invalid() async {
        let (runtime, _) = realRuntime()
        let refused: [Mangrove.Program] = [
            Program("p", executable: ""), Program("p", executable: "a\0b"),
            Program("p", executable: "a", arguments: ["x\0"]), Program("p", executable: "a", environment: ["a=b": "c"]),
            Program("p", executable: "a", environment: ["": "c"]), Program("p", executable: "a", lineLimit: 0),
            Program("p", executable: "a", inputLimit: 0),
        ]
        for program in refused {
            await #expect(throws: SpecError.self) { try await runtime.start(Supervisor { program }) }
        }
        #expect(runtime.processCount == 0)
    }

    @Test("Variables are set beside the inherited ones, or instead of them; errors go to the log")
    func environment() async throws {
        let (runtime, logs) = realRuntime()
        let lines = Lines()
        let script = "echo \"$X-${PATH:+path}\"; echo \"oh no\" >&2"
        for inherits in [true, false] {
            let root = try await runtime.start(
                Supervisor(autoShutdown: .allSignificant) {
                    Program(
                        "sh",
                        executable: "/bin/sh",
                        arguments: ["-c", "unset PWD; env | grep -c '^HOME=' ; " + script],
                        environment: ["X": "1", "PATH": "/bin:/usr/bin"],
                        inheritsEnvironment: inherits,
                        restart: .temporary,
                        isSignificant: true
                    ) { line, _ in lines.add(line) }
                }
            )
            _ = await root.exitReason()
        }
        #expect(lines.all == ["1", "1-path", "0", "1-path"])
        let errors = logs.events(named: "program.errors")
        #expect(errors.map(\.logfmt).allSatisfy { $0.contains("oh no") } && errors.count == 2)
        await runtime.shutdown()
    }

    @Test("A simulated world has no programs but those a test defines: starting another fails")
    func simulated() {
        simulate(seeds: 0..<2) { simulation in
            await #expect(throws: SupervisorError.self) {
                try await simulation.runtime.start(Supervisor { Program("p", executable: "true") })
            }
        }
    }

    /// Waits until there is no process of that number any more.
    private func gone(_ processID: String, _ runtime: Runtime) async throws {
        let number = try #require(Int32(processID))
        while isAlive(number) { try await runtime.sleep(for: .milliseconds(10)) }
    }
}
