import Mangrove
import MangroveTesting
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("The program: killed with SIGKILL while it appends")
struct KillTests {
    private typealias Run = KillAudit.Run

    /// For each of three seeds.
    private static let rounds = 17

    /// A directory with a store to append to, and one that nothing happens to.
    private final class Stage {
        let site = Site()
        var numbers: SeededNumbers
        var audit = KillAudit()
        private var idle = ""
        private var idleLog: [String: [UInt8]] = [:]

        init(seed: UInt64) async throws {
            numbers = SeededNumbers(seed: seed)
            for store in ["busy", "idle"] { #expect(try await site.grove("stores", "create", store).code == 0) }
            let events = (0..<5).map { KillAudit.Event(client: "idle", number: $0).line }.joined()
            #expect(try await site.grove("import", "idle", input: events).code == 0)
            idle = try await site.grove("read", "idle", "--all").output
            idleLog = try site.log(of: "idle")
            #expect(!idle.isEmpty && !idleLog.isEmpty)
        }

        /// What a client sends next: it begins again somewhere before the first event that it is not sure of.
        func run(of client: String, batches: ClosedRange<Int>) -> Run {
            let there = audit.count(of: client)
            let again = numbers.next() % 8 == 0 ? there : Int.random(in: 0...min(there, 25), using: &numbers)
            return Run(
                client: client,
                events: (there - again)..<(there + 300),
                batch: Int.random(in: batches, using: &numbers)
            )
        }

        /// Does something after so many acknowledgements, at a moment that is not one of the program's own.
        func after(
            _ acknowledgements: ClosedRange<Int>,
            _ act: @escaping @Sendable (_ signal: (Int32) -> Void) -> Void
        ) -> RunningProgram.Trigger {
            // So much work, which takes up to a few milliseconds.
            let steps = Int.random(in: 0...100_000, using: &numbers)
            return .init(lines: Int.random(in: acknowledgements, using: &numbers)) { signal in
                var generator = SeededGenerator(seed: UInt64(steps))
                var drawn: UInt64 = 0
                for _ in 0..<steps { drawn &+= generator.next() }
                // Never so, which only the program does not know.
                if drawn == 0, steps > 0 { return }
                act(signal)
            }
        }

        /// Has a fresh process read the files.
        func check(_ runs: [Run], _ comment: Comment) async throws {
            let read = try await site.grove("read", "busy", "--all")
            #expect(read.code == 0 && read.errors.isEmpty, comment)
            #expect(try audit.check(runs, read: read.output) == [], comment)
            #expect(try site.log(of: "idle") == idleLog, comment)
        }

        /// The end: everything once more, through a node as well.
        func finish(_ clients: [String], _ comment: Comment) async throws {
            let verified = try await site.grove("verify")
            #expect(verified.code == 0 && verified.lines.count == 2, comment)
            #expect(try await site.grove("read", "idle", "--all").output == idle, comment)
            let alone = try await site.grove("read", "busy", "--all").output
            let node = try await site.serve()
            #expect(try await site.grove("read", "busy", "--all").output == alone, comment)
            #expect(try await site.grove("verify").code == 0, comment)
            node.signal(SIGTERM)
            #expect(await node.wait() == 0, comment)
            for client in clients { #expect(audit.count(of: client) > 0, comment) }
        }
    }

    private static func lines(_ run: Run) -> String {
        run.events.map { KillAudit.Event(client: run.client, number: $0).line }.joined()
    }

    /// Starts an import. Through a pipe it reads a batch when the one before it is durable, from a file earlier.
    private static func importer(
        _ run: Run,
        _ stage: Stage,
        file: Bool,
        trigger: RunningProgram.Trigger? = nil
    ) throws -> RunningProgram {
        let options = ["import", "busy", "--acks", "--batch=\(run.batch)"]
        let file = file ? [try stage.site.file(run.client, lines(run))] : []
        let words = stage.site.onData(options + file)
        return try RunningProgram(Site.program, words, input: file.isEmpty ? lines(run) : "", trigger: trigger)
    }

    /// What is wrong with how an import ended.
    private static func complaint(_ outcome: Program.Outcome, killed: Bool) -> String? {
        switch outcome.code {
        case 0: outcome.errors.isEmpty ? nil : outcome.errors
        case 1:
            outcome.errors.hasPrefix("grove: ") && outcome.errors.split(separator: "\n").count == 1
                ? nil : outcome.errors
        case 128 + SIGKILL where killed: nil
        default: "code \(outcome.code): \(outcome.errors)"
        }
    }

    @Test(
        "A killed node has everything that was acknowledged, exactly once, in order",
        arguments: [1, 2, 3] as [UInt64]
    )
    func node(_ seed: UInt64) async throws {
        let stage = try await Stage(seed: seed)
        var interrupted = 0
        for round in 1...Self.rounds {
            let comment = Comment(rawValue: "seed \(seed), round \(round)")
            let node = try await stage.site.serve()
            var runs = [stage.run(of: "a", batches: 1...40), stage.run(of: "b", batches: 1...6)]
            let first = try Self.importer(runs[0], stage, file: false)
            let killed = Lock(false)
            let (single, site) = (stage.run(of: "c", batches: 1...4), stage.site)
            async let appended = Self.append(single, site, until: killed)
            let trigger = stage.after(0...25) { _ in
                node.signal(SIGKILL)
                killed.withLock { $0 = true }
            }
            let importers = [first, try Self.importer(runs[1], stage, file: true, trigger: trigger)]
            #expect(await node.wait() == 128 + SIGKILL, comment)

            for (index, importer) in importers.enumerated() {
                let outcome = try await importer.outcome()
                #expect(Self.complaint(outcome, killed: false) == nil, comment)
                if outcome.code != 0 { interrupted += 1 }
                try runs[index].take(acknowledgements: outcome.lines)
            }
            runs.append(try await appended)
            try await stage.check(runs, comment)
        }
        #expect(interrupted > 0, "seed \(seed)")
        try await stage.finish(["a", "b", "c"], "seed \(seed)")
    }

    /// Appends one batch after the other, each with a program of its own, until the node is killed.
    private static func append(_ run: Run, _ site: Site, until killed: Lock<Bool>) async throws -> Run {
        var run = run
        repeat {
            let batch = run.next..<min(run.next + run.batch, run.events.upperBound)
            let lines = batch.map { KillAudit.Event(client: run.client, number: $0).lineWithoutStream }.joined()
            let outcome = try await site.grove("append", "busy", run.client, input: lines)
            guard outcome.code == 0 else {
                #expect(outcome.code == 1 && outcome.errors.hasPrefix("grove: "))
                break
            }
            let match = try #require(outcome.lines.first?.wholeMatch(of: /.*"version":(\d+),"position":(\d+)\}/))
            #expect(match.output.1 == "\(batch.upperBound - 1)")
            run.acknowledged.append((batch.upperBound - 1, Int(match.output.2) ?? -1))
        } while !killed.withLock({ $0 }) && run.next < run.events.upperBound
        return run
    }

    @Test("So has a killed import that opened the directory itself", arguments: [4, 5, 6] as [UInt64])
    func inProcess(_ seed: UInt64) async throws {
        let stage = try await Stage(seed: seed)
        var interrupted = 0
        for round in 1...Self.rounds {
            let comment = Comment(rawValue: "seed \(seed), round \(round)")
            var run = stage.run(of: "a", batches: 1...8)
            // Now and then it is killed before it has begun.
            let trigger = stage.after(0...20) { signal in signal(SIGKILL) }
            let importer = try Self.importer(run, stage, file: round % 2 == 0, trigger: trigger)
            let outcome = try await importer.outcome()
            #expect(Self.complaint(outcome, killed: true) == nil, comment)
            if outcome.code != 0 { interrupted += 1 }
            try run.take(acknowledgements: outcome.lines)
            try await stage.check([run], comment)
        }
        #expect(interrupted > 0, "seed \(seed)")
        try await stage.finish(["a"], "seed \(seed)")
    }
}

@Suite("What killed programs are judged by")
struct KillAuditTests {
    private static func line(_ client: String, _ number: Int, at position: Int, version: Int, stream: String? = nil)
        -> String
    {
        let event = KillAudit.Event(client: client, number: number)
        return
            "{\"stream\":\"\(stream ?? event.stream)\",\"version\":\(version),\"position\":\(position),\"data\":\(event.data)}\n"
    }

    private static let three = (0..<3).map { line("a", $0, at: $0, version: 0) }

    private static func problems(_ read: [String], acknowledged: Int, batch: Int = 1) throws -> Int {
        var audit = KillAudit()
        var run = KillAudit.Run(client: "a", events: 0..<100, batch: batch)
        try run.take(
            acknowledgements: stride(from: 0, to: acknowledged, by: batch).map { first in
                "{\"lines\":[\(first + 1),\(first + batch)],\"position\":\(first + batch - 1)}"
            }
        )
        return try audit.check([run], read: read.joined()).count
    }

    @Test("It finds nothing wrong where nothing is, and each thing that can be")
    func finds() throws {
        let three = Self.three
        #expect(try Self.problems(three, acknowledged: 3) == 0)
        #expect(try Self.problems(three, acknowledged: 2) == 0)
        #expect(try Self.problems(Array(three.prefix(2)), acknowledged: 2, batch: 2) == 0)
        // An acknowledged event is missing, at the end and in between.
        #expect(try Self.problems(Array(three.prefix(2)), acknowledged: 3) > 0)
        #expect(try Self.problems([three[0], three[2]], acknowledged: 3) > 0)
        // More than the batch under way, or a part of it.
        #expect(try Self.problems(three, acknowledged: 1) > 0)
        #expect(try Self.problems(three, acknowledged: 2, batch: 2) > 0)
        // Twice, out of order, with a gap, in another place, in another stream, from nobody.
        #expect(try Self.problems(three + [Self.line("a", 2, at: 3, version: 1)], acknowledged: 3) > 0)
        #expect(try Self.problems([three[1], three[0], three[2]], acknowledged: 3) > 0)
        #expect(try Self.problems([three[0], three[1], Self.line("a", 2, at: 2, version: 1)], acknowledged: 3) > 0)
        #expect(try Self.problems([three[0], three[1], Self.line("a", 2, at: 3, version: 0)], acknowledged: 3) > 0)
        #expect(
            try Self.problems([three[0], three[1], Self.line("a", 2, at: 2, version: 0, stream: "b")], acknowledged: 3)
                > 0
        )
        #expect(try Self.problems(three + ["{\"position\":3,\"data\":1}\n"], acknowledged: 3) > 0)
    }

    @Test("It notices that what was there has changed")
    func changed() throws {
        var audit = KillAudit()
        #expect(try audit.check([], read: Self.three.joined()) == [])
        #expect(try audit.check([], read: Self.three.joined()) == [])
        #expect(try !audit.check([], read: Self.three.prefix(2).joined()).isEmpty)
    }
}
