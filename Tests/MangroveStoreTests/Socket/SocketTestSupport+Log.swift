@testable import MangroveStore

extension EchoGateway {
    func readAll(from store: String, start: Int, count: Int, filter: EventFilter) async throws -> EventPage {
        try await took(.log(store: store, .readAll(start: start, count: count, filter: filter)))
        return EventPage(events: events("all", start, count), next: start + 7, isAtEnd: true)
    }

    func readAllBackward(
        from store: String,
        start: Int?,
        count: Int,
        filter: EventFilter?
    ) async throws -> EventPage {
        try await took(.log(store: store, .readAllBackward(start: start, count: count, filter: filter)))
        return EventPage(events: events("all", start ?? 3, count), next: -1, isAtEnd: true)
    }

    func streamSettings(of stream: String, in store: String) async throws -> StreamSettings {
        try await took(.log(store: store, .streamSettings(stream: stream)))
        var settings = StreamSettings(metadata: [0x31], maxCount: 7, maxAge: .milliseconds(5))
        settings.firstVersion = 12
        settings.isTombstone = true
        return settings
    }

    func setStreamSettings(_ settings: StreamSettings, of stream: String, in store: String) async throws {
        try await took(.log(store: store, .setStreamSettings(stream: stream, settings)))
    }

    func truncate(_ stream: String, in store: String, before version: Int) async throws {
        try await took(.log(store: store, .truncate(stream: stream, before: version)))
    }

    func deleteStream(_ stream: String, in store: String, tombstone: Bool) async throws {
        try await took(.log(store: store, .deleteStream(stream: stream, tombstone: tombstone)))
    }

    func recordSnapshot(_ snapshot: Snapshot, in store: String, keeping kept: Int?) async throws {
        try await took(.log(store: store, .recordSnapshot(snapshot, keeping: kept)))
    }

    func snapshot(_ id: SnapshotID, in store: String) async throws -> Snapshot? {
        try await took(.log(store: store, .snapshot(id)))
        return nil
    }

    func latestSnapshot(
        source: String,
        stream: String,
        upTo version: Int?,
        in store: String
    ) async throws -> Snapshot? {
        try await took(.log(store: store, .latestSnapshot(source: source, stream: stream, upTo: version)))
        var snapshot = Snapshot(
            SnapshotID(source: source, stream: stream, version: 9),
            data: [0x31],
            metadata: Array("[]".utf8)
        )
        snapshot.created = Timestamp(microseconds: -5)
        return snapshot
    }

    func snapshots(source: String?, stream: String?, in store: String) async throws -> [SnapshotID] {
        try await took(.log(store: store, .snapshots(source: source, stream: stream)))
        return [SnapshotID(source: source ?? "", stream: stream ?? "", version: 4)]
    }

    func deleteSnapshot(_ id: SnapshotID, in store: String) async throws {
        try await took(.log(store: store, .deleteSnapshot(id)))
    }

    func compact(_ store: String) async throws -> CompactionReport {
        try await took(.log(store: store, .compact))
        var report = CompactionReport()
        report.segments = 1
        report.bytesBefore = 2
        report.bytesAfter = 3
        report.events = 4
        report.facts = 5
        return report
    }

    func eraseStream(_ stream: String, in store: String) async throws {
        try await took(.log(store: store, .eraseStream(stream)))
    }
}
