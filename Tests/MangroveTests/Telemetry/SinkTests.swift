import MangroveTesting
import Testing

@testable import Mangrove

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A sink that is held up until it is let go.
private final class HeldSink: LogSink {
    private let gate = ThreadSignal()
    private let isFree = Lock(false)
    let logs = RecordedLogs()
    let entered = AsyncSignal()

    func record(_ event: LogEvent) {
        entered.ring()
        if !isFree.withLock({ $0 }) { gate.wait() }
        logs.record(event)
    }

    func letGo() {
        isFree.withLock { $0 = true }
        gate.ring()
    }
}

@Suite("Sinks") struct SinkTests {
    private func event(_ name: String, _ level: LogEvent.Level = .warning, _ component: LogComponent = .process)
        -> LogEvent
    {
        LogEvent(level, component, name, [(key: "k", value: "v")], at: 0)
    }

    @Test("Levels hold for the component that has one, and for all others the standard one")
    func levels() {
        let levels = LogLevels(.warning, [.supervisor: .info, .program: .error])
        #expect(levels.include(.warning, of: .process))
        #expect(!levels.include(.info, of: .process))
        #expect(levels.include(.info, of: .supervisor))
        #expect(!levels.include(.debug, of: .supervisor))
        #expect(!levels.include(.warning, of: .program))
    }

    @Test("Several sinks get each what it is interested in")
    func combined() {
        let (first, second) = (RecordedLogs(), RecordedLogs())
        let both = CombinedLogs([FilteredLogs(first, LogLevels(.error)), second, SilentLogSink()])
        both.record(event("a", .info))
        both.record(event("b", .error))
        #expect(first.events.map(\.name) == ["b"])
        #expect(second.events.map(\.name) == ["a", "b"])
        #expect(both.accepts(.debug, of: .process))
        #expect(!CombinedLogs([SilentLogSink()]).accepts(.error, of: .process))
    }

    @Test("Values that are not plain words are quoted, and line ends cannot forge a line")
    func logfmt() {
        let fields: [(key: String, value: LogValue)] = [
            ("a", "x"), ("b", ""), ("c", "x y"), ("d", "\"q\"=\\"), ("e", "one\nlevel=error"), ("f", 3), ("g", true),
            ("h", .number(0.5)), ("i", .duration(.microseconds(1))), ("j", .redacted), ("k", "a\nb"),
        ]
        #expect(
            LogEvent(.info, .process, "n", fields, at: 0).logfmt
                == #"level=info component=process event=n a=x b="" c="x y" d="\"q\"=\\" e="one\nlevel=error" f=3 g=true "#
                + "h=0.5 i=1e-06s j=[redacted] k=\"a\\nb\""
        )
    }

    @Test(
        "A slow sink behind a queue holds nobody up; what has no room is counted and said, and what waits is handed on"
    )
    func queued() async {
        let slow = HeldSink()
        let queue = QueuedLogs(slow, limit: 3)
        queue.record(event("0"))
        await slow.entered.wait()
        for number in 1...9 { queue.record(event("\(number)")) }
        slow.letGo()
        await queue.flush()
        #expect(slow.logs.events.map(\.name) == ["0", "1", "2", "3"])
        queue.record(event("10"))
        await queue.flush()
        #expect(slow.logs.events.map(\.name) == ["0", "1", "2", "3", "log.lost", "10"])
        #expect(slow.logs.events[4]["lines"] == 6)
        #expect(queue.accepts(.debug, of: .process))
        #expect(!QueuedLogs(SilentLogSink()).accepts(.error, of: .process))
    }

    @Test("Standard error that nobody reads holds nobody up: lines are lost, and counted once there is room")
    func fullPipe() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { close(ends[0]) }
        defer { close(ends[1]) }
        let log = StandardErrorLog(levels: LogLevels(.info), descriptor: ends[1])
        let long = String(repeating: "x", count: 1_000)
        log.record(event("dropped.by.level", .debug))
        // More than any pipe holds; without a reader this returns all the same.
        for number in 0..<2_000 { log.record(event("n\(number)." + long, .info)) }
        var buffer = [UInt8](repeating: 0, count: 1 << 22)
        var text = ""
        func readAll() {
            _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
            while true {
                let count = read(ends[0], &buffer, buffer.count)
                guard count > 0 else { return }
                text += String(decoding: buffer[..<count], as: UTF8.self)
            }
        }
        readAll()
        let whole = text.split(separator: "\n").count { $0.hasPrefix("level=info component=process event=n") }
        #expect(whole > 10 && whole < 2_000)
        #expect(!text.contains("dropped.by.level"))
        text = ""
        log.record(event("last"))
        readAll()
        let lines = text.split(separator: "\n")
        #expect(lines.last == "level=warning component=process event=last k=v")
        let lost = try #require(lines.first { $0.contains("event=log.lost") })
        #expect(lost.hasPrefix("level=warning component=runtime event=log.lost lines="))
        text = ""
        log.record(event("after"))
        readAll()
        #expect(text == "level=warning component=process event=after k=v\n")
        #expect(Int(lost.split(separator: "=").last ?? "").map { $0 > 100 } == true)
    }

    @Test("Standard error that was closed by its reader is not an end")
    func closedPipe() {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        StandardErrorLog(levels: LogLevels(.info), descriptor: ends[1]).record(event("a"))
        close(ends[1])
    }
}
