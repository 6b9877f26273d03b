import Mangrove
import Testing

@testable import MangroveStore

@Suite struct LogSocketTests {
    @Test("What is asked of a log over the socket arrives as it was asked, and is answered as it was given")
    func everyCall() async throws {
        let directory = try SocketDirectory()
        let echo = EchoGateway()
        let server = try serve(echo, directory)
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        let filter = EventFilter([.init(types: ["a"], typePrefixes: ["b"], streamPrefix: "c", tags: ["d"]), .init()])
        let parts = [StreamBatch(stream: "x", expecting: .exactly(4), events: [])]
        let conditions: [AppendCondition] = [.stream("y", .noStream), .noneMatching(filter, after: -1)]
        #expect(try await client.append(to: "s", parts, if: conditions).count == 1)
        let page = try await client.readAll(from: "s", start: 3, count: 2, filter: filter)
        #expect(page == EventPage(events: echo.events("all", 3, 2), next: 10, isAtEnd: true))
        let back = try await client.readAllBackward(from: "s", start: nil, count: 2, filter: nil)
        #expect(back == EventPage(events: echo.events("all", 3, 2), next: -1, isAtEnd: true))
        _ = try await client.readAllBackward(from: "s", start: 8, count: 1, filter: filter)
        let settings = try await client.streamSettings(of: "x", in: "s")
        #expect(settings.metadata == [0x31] && settings.maxCount == 7 && settings.maxAge == .milliseconds(5))
        #expect(settings.firstVersion == 12 && settings.isTombstone)
        try await client.setStreamSettings(settings, of: "x", in: "s")
        try await client.truncate("x", in: "s", before: 5)
        try await client.deleteStream("x", in: "s", tombstone: true)
        let id = SnapshotID(source: "sum", stream: "x", version: 3)
        try await client.recordSnapshot(Snapshot(id, data: [0x31], metadata: [0x32]), in: "s", keeping: 2)
        #expect(try await client.snapshot(id, in: "s") == nil)
        let latest = try await client.latestSnapshot(source: "sum", stream: "x", upTo: 8, in: "s")
        #expect(latest?.id.version == 9 && latest?.metadata == Array("[]".utf8))
        #expect(latest?.created == Timestamp(microseconds: -5))
        #expect(try await client.snapshots(source: "sum", stream: nil, in: "s").first?.version == 4)
        try await client.deleteSnapshot(id, in: "s")
        try await client.eraseStream("x", in: "s")
        let report = try await client.compact("s")
        #expect(
            [report.segments, report.bytesBefore, report.bytesAfter, report.events, report.facts] == [1, 2, 3, 4, 5]
        )
        #expect(
            echo.asked.withLock { $0 } == [
                .appendParts(store: "s", parts: parts, conditions: conditions),
                .log(store: "s", .readAll(start: 3, count: 2, filter: filter)),
                .log(store: "s", .readAllBackward(start: nil, count: 2, filter: nil)),
                .log(store: "s", .readAllBackward(start: 8, count: 1, filter: filter)),
                .log(store: "s", .streamSettings(stream: "x")),
                .log(store: "s", .setStreamSettings(stream: "x", settings)),
                .log(store: "s", .truncate(stream: "x", before: 5)),
                .log(store: "s", .deleteStream(stream: "x", tombstone: true)),
                .log(store: "s", .recordSnapshot(Snapshot(id, data: [0x31], metadata: [0x32]), keeping: 2)),
                .log(store: "s", .snapshot(id)),
                .log(store: "s", .latestSnapshot(source: "sum", stream: "x", upTo: 8)),
                .log(store: "s", .snapshots(source: "sum", stream: nil)), .log(store: "s", .deleteSnapshot(id)),
                .log(store: "s", .eraseStream("x")), .log(store: "s", .compact),
            ]
        )
        await server.stop()
    }
}
