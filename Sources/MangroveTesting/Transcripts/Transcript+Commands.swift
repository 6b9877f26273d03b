internal import Mangrove

extension Transcript {
    /// Carries out a command.
    /// - Returns: what it shows before the events that follow it.
    func perform(_ entry: TranscriptFile.Entry, in simulation: Simulation) async throws -> [String] {
        let words = entry.command.split(separator: " ").map(String.init)
        let arguments = Array(words.dropFirst())
        func argument(_ index: Int, _ what: String) throws(TranscriptError) -> String {
            guard arguments.indices.contains(index) else { throw wrong(entry, "'\(entry.command)' lacks \(what)") }
            return arguments[index]
        }
        let name = words.first ?? ""
        if let command = commands[name] { return try await command(simulation, arguments) }
        switch name {
        case "start":
            let tree = try argument(0, "the name of a tree")
            guard let make = trees[tree] else {
                throw wrong(entry, "no tree is called '\(tree)', only \(trees.keys.sorted().joined(separator: ", "))")
            }
            do { try await simulation.runtime.start(make()) } catch { return ["error: \(error)"] }
        case "crash": try simulation.crash(try argument(0, "a path"))
        case "kill": try simulation.kill(try argument(0, "a path"))
        case "end":
            let path = try argument(0, "a path")
            switch try argument(1, "a reason") {
            case "normal": try simulation.crash(path, with: Exit(.normal))
            case "shutdown": try simulation.crash(path, with: Exit(.shutdown))
            case let other: throw wrong(entry, "'\(other)' is not a reason: normal or shutdown")
            }
        case "fail-start":
            let path = try argument(0, "a path")
            let text = try argument(1, "how often")
            guard let times = Int(text), times > 0 else { throw wrong(entry, "'\(text)' is no number above 0") }
            simulation.faults.failStart(of: .path(path), times: times)
        case "hang":
            simulation.faults.inject(.hang, at: .anyTurn, of: .path(try argument(0, "a path")))
        case "advance":
            let text = try argument(0, "a time")
            guard let time = Self.duration(text) else {
                throw wrong(entry, "'\(text)' is no time: a whole number with ns, us, ms, s, m or h")
            }
            try await simulation.runtime.sleep(for: time)
        case "tree":
            return simulation.runtime.tree().nodes.map { "\($0.path) \($0.state) restarts \($0.restarts)" }
        case "stop":
            await simulation.runtime.shutdown()
        default:
            throw wrong(entry, "'\(name)' is no command")
        }
        return []
    }

    private func wrong(_ entry: TranscriptFile.Entry, _ problem: String) -> TranscriptError {
        TranscriptError(path: path, line: entry.line, problem: problem)
    }

    /// A whole number with its unit; nil if it is none, or below zero.
    static func duration(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        // At most three hundred years, in any unit.
        guard let number = Int64(digits), number <= 2_600_000 || text.hasSuffix("s") else { return nil }
        return switch text.dropFirst(digits.count) {
        case "ns": .nanoseconds(number)
        case "us": .microseconds(number)
        case "ms": .milliseconds(number)
        case "s": .seconds(number)
        case "m": .seconds(number * 60)
        case "h": .seconds(number * 3_600)
        default: nil
        }
    }
}
