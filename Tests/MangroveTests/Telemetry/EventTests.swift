import Foundation
import MangroveTesting
import Testing

@testable import Mangrove

@Suite("Events") struct EventTests {
    private struct Secret: Error, CustomStringConvertible {
        var description: String { "card 4711" }
    }

    @Test("The names of events are dotted, lower case, and each is declared once")
    func names() {
        let names = RuntimeEvents.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.wholeMatch(of: /[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)+/) != nil }, "\(names)")
        for kind in RuntimeEvents.all {
            #expect(Set(kind.fields.map(\.name)).count == kind.fields.count, "\(kind.name)")
            #expect(!kind.when.isEmpty && !kind.when.hasSuffix("."), "\(kind.name)")
        }
    }

    @Test("An event has the fields it is declared with, in their order, and what is in errors is in the sink's words")
    func fields() throws {
        let logs = RecordedLogs()
        let declared = TelemetryEvent<String, Int, Duration, ExitReason, LoggedError>(
            "order.late",
            .warning,
            "orders",
            "order",
            "items",
            "wait",
            "reason",
            "error",
            when: "an order is late"
        )
        func emitted(_ redaction: ErrorRedaction) throws -> LogEvent {
            var environment = Simulation(seed: 1).runtime.environment
            environment.logs = logs
            environment.redaction = redaction
            Runtime(environment).emit(declared) {
                ("a 7", 3, .milliseconds(1_500), .crash(Secret()), LoggedError(Secret()))
            }
            return try #require(logs.events.last)
        }
        #expect(
            try emitted(.typeAndDescription).logfmt
                == "level=warning component=orders event=order.late order=\"a 7\" items=3 wait=1.5s "
                + "reason=\"crash: Secret: card 4711\" error=\"Secret: card 4711\""
        )
        #expect(
            try emitted(.typeOnly).logfmt.hasSuffix("wait=1.5s reason=\"crash: Secret\" error=Secret")
        )
        #expect(try emitted(ErrorRedaction { _ in "?" })["error"] == "?")
        #expect(declared.kind.fields.map(\.type) == ["text", "number", "duration", "reason", "error"])
    }

    @Test("An error whose description begins with its type is not said twice")
    func noEcho() {
        #expect(ErrorRedaction.typeAndDescription.text(of: Boom()) == "Boom()")
        #expect(ExitReason.shutdownBecause(Boom()).text(by: .typeAndDescription) == "shutdown: Boom()")
        #expect(ExitReason.killed.text(by: .typeOnly) == "killed")
        #expect(ExitReason.program(.status(3)).text(by: .typeOnly) == "program: status 3")
    }

    @Test("The values of an event that nobody is interested in are not made")
    func lazy() {
        var environment = Simulation(seed: 1).runtime.environment
        let logs = RecordedLogs()
        environment.logs = FilteredLogs(logs, LogLevels(.error, [.runtime: .info]))
        let made = Lock(0)
        let runtime = Runtime(environment)
        runtime.emit(RuntimeEvents.lateStart) {
            made.withLock { $0 += 1 }
            return "a"
        }
        runtime.emit(RuntimeEvents.signal) {
            made.withLock { $0 += 1 }
            return "b"
        }
        runtime.log(.warning, "mine", ["a": "b"])
        runtime.log(.error, "mine.too", ["a": "b c"])
        #expect(made.withLock { $0 } == 1)
        #expect(
            logs.events.map(\.logfmt) == [
                "level=info component=runtime event=runtime.signal signal=b",
                "level=error component=application event=mine.too a=\"b c\"",
            ]
        )
    }

    @Test("The framework emits declared events only: it never logs in words of its own")
    func declaredOnly() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        var seen = 0
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let code = SourceScanner.withoutCommentsAndStrings(try String(contentsOf: file, encoding: .utf8))
            if code.contains("emit(") { seen += 1 }
            #expect(!Self.logsFreely(code), "\(file.lastPathComponent): declare the event and emit it")
        }
        #expect(seen > 8)
        #expect(Self.logsFreely("context.runtime.log(.info, _, [_: _])"))
        #expect(Self.logsFreely("log(\n    .warning,\n    _\n)"))
        #expect(!Self.logsFreely("context.runtime.log(report, of: context.cell)"))
    }

    /// Whether a source calls the log with a level.
    private static func logsFreely(_ code: String) -> Bool {
        code.contains(/(?:^|[^A-Za-z_])log\(\s*(?:\.(?:debug|info|warning|error)\b|[^()]*\?\s*\.)/)
    }

    @Test(
        "Every declared event is in the list, and every one in the list is emitted somewhere",
        arguments: [
            ("Mangrove", "Mangrove/Telemetry/RuntimeEvents.swift"),
            ("MangroveStore", "MangroveStore/Store/StoreEvents.swift"),
        ]
    )
    func complete(_ target: String, _ path: String) throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
        let text = try String(contentsOf: sources.appending(path: path), encoding: .utf8)
        let declared = text.matches(of: /static let (\w+) = TelemetryEvent</).map { String($0.1) }
        #expect(declared.count > 5)
        let list = text.split(separator: "static let all", maxSplits: 1).last.map(String.init) ?? ""
        let listed = list.prefix { $0 != "}" }.matches(of: /(\w+)\.kind[,\n]/).map { String($0.1) }
        #expect(Set(declared) == Set(listed))
        #expect(listed.count == declared.count)
        var used: Set<String> = []
        let files = FileManager.default.enumerator(at: sources.appending(path: target), includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let code = try String(contentsOf: file, encoding: .utf8)
            for match in code.matches(of: /(?:RuntimeEvents|StoreEvents)\.(\w+)/) { used.insert(String(match.1)) }
        }
        #expect(Set(declared).isSubset(of: used), "not emitted: \(Set(declared).subtracting(used))")
    }
}
