import Mangrove
import Testing

@testable import MangroveTesting

private let order = EventOrder()

@Suite("Golden transcripts") struct TranscriptTests {
    private static let trees: [String: @Sendable () -> Supervisor] = [
        "one-for-one": { Supervisor("shop") { three() } },
        "one-for-all": { Supervisor("shop", strategy: .oneForAll) { three() } },
        "rest-for-one": { Supervisor("shop", strategy: .restForOne) { three() } },
        "nested": {
            Supervisor("root") {
                Supervisor("inner", intensity: RestartIntensity(1, within: .seconds(5))) { three() }
                ScriptedWorker("beside", order, restart: .transient)
            }
        },
        "backoff": {
            Supervisor("shop") {
                ScriptedWorker("a", order).backoff(Backoff(initial: .seconds(1), jitter: 0))
            }
        },
    ]

    @ChildrenBuilder private static func three() -> [ChildSpec] {
        ScriptedWorker("a", order)
        ScriptedWorker("b", order, restart: .transient)
        ScriptedWorker("c", order, restart: .temporary)
    }

    @Test("Supervision trees do what their transcripts say", arguments: ["strategies", "escalation", "backoff"])
    func golden(name: String) throws {
        let call: Transcript.Command = { simulation, words in
            let ref = try #require(words.first.flatMap { path in simulation.runtime.tree().node(at: path)?.process })
            return ["there: \(ref.serial > 0)"]
        }
        try Transcript.check("Golden/\(name).txt", trees: Self.trees, commands: ["look": call])
    }

    private func with(_ text: String, _ body: (String, POSIXDisk) throws -> Void) throws {
        let disk = POSIXDisk()
        let path = "/tmp/mangrove-transcript-\(UInt64.random(in: 0 ... .max)).txt"
        try disk.write(text, to: path)
        defer { try? disk.removeFile(path) }
        try body(path, disk)
    }

    @Test("A transcript that differs is shown, and rewritten where that is asked for, comments and all")
    func rewriting() throws {
        let text = "# A tree.\nstart one-for-one\n----\n0.000s nothing\n\n# Its end.\nstop\n----\n\n# No more.\n"
        try with(text) { path, disk in
            let check = Transcript(path: path, trees: Self.trees, commands: [:], rewrites: false)
            let error = #expect(throws: ExpectationFailed.self) { try check.check(Seeds(2, only: nil)) }
            #expect(error?.description.hasPrefix("\(path):2: start one-for-one (seed 0)") == true)
            #expect(try disk.text(of: path) == text)
            let rewrite = Transcript(path: path, trees: Self.trees, commands: [:], rewrites: true)
            try rewrite.check(Seeds(2, only: nil))
            let written = try disk.text(of: path)
            #expect(written.hasPrefix("# A tree.\nstart one-for-one\n----\n0.000s started shop/a\n"), "\(written)")
            #expect(written.contains("ended shop: shutdown\n\n# No more.\n"), "\(written)")
            try check.check(Seeds(8, only: nil))
        }
    }

    @Test(
        "A transcript that is wrong is told with its line",
        arguments: [
            ("start one-for-one\n", 1, "no line of four dashes follows 'start one-for-one'"),
            ("\nfly\n----\n", 2, "'fly' is no command"),
            ("start\n----\n", 1, "'start' lacks the name of a tree"),
            ("advance 5\n----\n", 1, "'5' is no time"),
            ("advance -5s\n----\n", 1, "'-5s' is no time"),
            ("start two\n----\n", 1, "no tree is called 'two', only backoff"),
            ("fail-start a 0\n----\n", 1, "'0' is no number above 0"),
            ("start one-for-one\n----\n0\n\nend shop/a badly\n----\n", 5, "'badly' is not a reason"),
        ]
    )
    func wrong(text: String, line: Int, problem: String) throws {
        try with(text) { path, _ in
            let check = Transcript(path: path, trees: Self.trees, commands: [:], rewrites: false)
            let error = #expect(throws: TranscriptError.self) { try check.check(Seeds(1, only: nil)) }
            #expect(error?.line == line)
            #expect(error?.problem.hasPrefix(problem) == true, "\(error?.problem ?? "")")
        }
    }

    @Test("Times are whole numbers with a unit")
    func times() {
        #expect(Transcript.duration("5s") == .seconds(5))
        #expect(Transcript.duration("2h") == .seconds(7_200))
        #expect(Transcript.duration("30ms") == .milliseconds(30))
        for text in ["", "s", "5", "5d", "5 s", "99999999999999999999s", "2600001h"] {
            #expect(Transcript.duration(text) == nil, "\(text)")
        }
    }
}
