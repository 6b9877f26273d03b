public import Mangrove

/// A golden transcript of a supervision tree: a text file of commands, each with the events that it must lead to.
///
/// ```
/// # A crash restarts what was started after the child, too.
/// start shop
/// ----
/// 0.000s started shop/stock
/// 0.000s started shop/orders
/// 0.000s started shop
///
/// crash shop/stock
/// ----
/// 0.000s ended shop/stock: crash: injected at shop/stock
/// …
/// ```
///
/// The events of a command are the starts, ends and faults of processes until nothing can go on without time passing, with the
/// virtual time at which they happened. The commands are
///
/// | command | what it does |
/// |---|---|
/// | `start tree` | starts the tree of that name |
/// | `crash path` | makes the process at the path crash |
/// | `kill path` | kills it |
/// | `end path reason` | has it end with `normal` or `shutdown` |
/// | `fail-start path times` | has its next starts fail |
/// | `hang path` | has its next turn hang until it is killed |
/// | `advance time` | has time pass: `5s`, `200ms`, `2m` |
/// | `tree` | shows every child: its state and restarts |
/// | `stop` | stops everything, in good order |
///
/// and those of the test's own. With the environment variable `MANGROVE_REWRITE=1` the events are written into the file instead of
/// being compared, to be read in the diff.
public struct Transcript: Sendable {
    /// Carries out a command of the test's own, given the words after its name; what it returns stands before the events.
    public typealias Command = @Sendable (Simulation, [String]) async throws -> [String]

    let path: String
    let trees: [String: @Sendable () -> Supervisor]
    let commands: [String: Command]
    let rewrites: Bool

    /// Carries out the transcript in a file under several seeds, all of which must lead to the same events.
    ///
    /// ```swift
    /// try Transcript.check("Transcripts/shop.txt", trees: ["shop": { Shop.tree }])
    /// ```
    /// - Parameters:
    ///   - file: the file, from the folder of the test's source on.
    ///   - trees: what `start` can start.
    ///   - commands: commands of the test's own.
    ///   - seeds: the seeds.
    ///   - source: where `file` is looked for.
    /// - Throws: ``ExpectationFailed`` with the first command whose events differ; ``TranscriptError``; `DiskError`;
    ///   ``SimulationError``.
    public static func check(
        _ file: String,
        trees: [String: @Sendable () -> Supervisor],
        commands: [String: Command] = [:],
        seeds: Seeds = Seeds(8),
        source: StaticString = #filePath
    ) throws {
        let folder = "\(source)".split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
            separator: "/"
        )
        let path = file.hasPrefix("/") ? file : "\(folder)/\(file)"
        let transcript = Transcript(path: path, trees: trees, commands: commands, rewrites: TestSettings.rewrites)
        try transcript.check(seeds)
    }

    init(path: String, trees: [String: @Sendable () -> Supervisor], commands: [String: Command], rewrites: Bool) {
        self.path = path
        self.trees = trees
        self.commands = commands
        self.rewrites = rewrites
    }

    func check(_ seeds: Seeds) throws {
        let disk = POSIXDisk()
        var file = try TranscriptFile(try disk.text(of: path), path: path)
        var isToBeWritten = rewrites
        for seed in seeds {
            let found = try events(of: file, seed: seed)
            if isToBeWritten {
                for index in file.entries.indices { file.entries[index].expected = found[index] }
                try disk.write(file.text, to: path)
                isToBeWritten = false
            }
            try compare(file, found, seed)
        }
    }

    private func compare(_ file: TranscriptFile, _ found: [[String]], _ seed: UInt64) throws(ExpectationFailed) {
        for (entry, lines) in zip(file.entries, found) where entry.expected != lines {
            throw ExpectationFailed(
                """
                \(path):\(entry.line): \(entry.command) (seed \(seed))
                expected:
                \(entry.expected.joined(separator: "\n"))
                found:
                \(lines.joined(separator: "\n"))
                If what was found is right, have it written: MANGROVE_REWRITE=1 swift test …
                replay: \(Replay.command(seed: seed))
                """
            )
        }
    }

    /// The events that follow each command.
    private func events(of file: TranscriptFile, seed: UInt64) throws -> [[String]] {
        try Simulation(seed: seed, stepLimit: 1_000_000).run { simulation in
            var all: [[String]] = []
            var seen = 0
            for entry in file.entries {
                var lines = try await perform(entry, in: simulation)
                try await simulation.quiet()
                let events = simulation.events
                lines += events[seen...].compactMap(line)
                seen = events.count
                all.append(lines)
            }
            await simulation.runtime.shutdown()
            return all
        }
    }

    private func line(_ event: SimulationEvent) -> String? {
        switch event.kind {
        case .starts, .turn, .point: return nil
        case .started, .fault, .ended: break
        }
        let milliseconds = event.time.wholeNanoseconds / 1_000_000
        let fraction = String(1_000 + milliseconds % 1_000).dropFirst()
        return "\(milliseconds / 1_000).\(fraction)s \(event)"
    }
}
