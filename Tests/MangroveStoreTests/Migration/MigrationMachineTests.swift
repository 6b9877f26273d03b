import Testing

@testable import MangroveStore

@Suite struct MigrationMachineTests {
    private static func recorded(_ position: Int, at time: Int64, stream: String = "a", size: Int = 1) -> RecordedEvent
    {
        RecordedEvent(
            stream: stream,
            version: position,
            position: position,
            id: EventID(high: 1, low: UInt64(position)),
            type: "t",
            data: [UInt8](repeating: 0x31, count: size),
            metadata: nil,
            tags: ["x"],
            created: Timestamp(microseconds: time)
        )
    }

    private static func page(_ events: [RecordedEvent], next: Int, isAtEnd: Bool) -> EventPage {
        EventPage(events: events, next: next, isAtEnd: isAtEnd)
    }

    @Test("A place is noted only when everything before it is durable in the target, and reading goes on from there")
    func order() {
        var machine = MigrationMachine(MigrationRequest(from: .store("x"), to: "y"))
        #expect(machine.handle(.began(next: 7)) == [.read(from: 7)])
        let events = [Self.recorded(7, at: 1), Self.recorded(8, at: 1), Self.recorded(9, at: 2)]
        let batches = MigrationMachine.batches(of: events)
        #expect(batches.map(\.count) == [2, 1])
        #expect(machine.handle(.page(Self.page(events, next: 12, isAtEnd: false), count: 20)) == [.append(batches)])
        #expect(machine.state == MigrationReport(events: 3, next: 12, lag: 8))
        #expect(machine.handle(.appended) == [.report, .note(next: 12)])
        #expect(machine.handle(.noted) == [.read(from: 12)])
        // Nothing that is meant, but further on: that is noted too.
        #expect(machine.handle(.page(Self.page([], next: 20, isAtEnd: true), count: 20)) == [.report, .note(next: 20)])
        #expect(machine.handle(.noted) == [.report, .done])
    }

    @Test("One that follows goes on from where it has caught up, and never ends by itself")
    func following() {
        var machine = MigrationMachine(MigrationRequest(from: .store("x"), to: "y", follows: true))
        _ = machine.handle(.began(next: 0))
        for next in [0, 3, 3, 4] {
            var effects = machine.handle(.page(Self.page([], next: next, isAtEnd: true), count: next))
            if effects == [.report, .note(next: next)] { effects = machine.handle(.noted) }
            #expect(effects == [.report, .pause])
            #expect(machine.handle(.paused) == [.read(from: next)])
        }
        #expect(machine.state == MigrationReport(next: 4))
    }

    @Test("Events are put together by time and stream, in order, and not beyond a size")
    func batches() {
        let events = [
            Self.recorded(0, at: 1, stream: "a"), Self.recorded(1, at: 1, stream: "b"),
            Self.recorded(2, at: 1, stream: "b"), Self.recorded(3, at: 1, stream: "a"),
            Self.recorded(4, at: 1, size: MigrationMachine.batchBytes), Self.recorded(5, at: 1),
        ]
        let batches = MigrationMachine.batches(of: events)
        #expect(batches.map { $0.parts.map(\.stream) } == [["a", "b", "a"], ["a"], ["a"]])
        #expect(batches.flatMap { $0.parts.flatMap(\.events) } == events.map(\.asNew))
        #expect(MigrationMachine.batches(of: []).isEmpty)
    }

    @Test("Only the streams that are meant are copied")
    func selection() {
        let request = MigrationRequest(from: .store("x"), to: "y", streams: "order-1", types: ["t"])
        #expect(request.filter == EventFilter([.init(types: ["t"], streamPrefix: "order-1")]))
        var machine = MigrationMachine(request)
        _ = machine.handle(.began(next: 0))
        let events = [Self.recorded(0, at: 1, stream: "order-1"), Self.recorded(1, at: 1, stream: "order-10")]
        let effects = machine.handle(.page(Self.page(events, next: 2, isAtEnd: true), count: 2))
        #expect(
            effects == [
                .append([
                    RecordedBatch(
                        created: Timestamp(microseconds: 1),
                        parts: [
                            StreamBatch(stream: "order-1", events: [events[0].asNew])
                        ]
                    )
                ])
            ]
        )
        let prefix = MigrationRequest(from: .store("x"), to: "y", streams: "order-*")
        #expect(prefix.filter == EventFilter([.init(streamPrefix: "order-")]))
        #expect(prefix.key != request.key)
        #expect(MigrationRequest(from: .node(directory: "/d", store: "x", token: nil), to: "y").key != prefix.key)
    }
}
