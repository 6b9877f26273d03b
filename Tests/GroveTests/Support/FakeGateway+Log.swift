import MangroveStore

extension FakeGateway {
    func readAll(from store: String, start: Int, count: Int, filter: EventFilter) async throws -> EventPage {
        try with(store) { store in
            let events = Array(store.events.dropFirst(start).filter { filter.matches($0) }.prefix(count))
            let next = events.count < count ? store.events.count : (events.last?.position ?? start) + 1
            return EventPage(events: events, next: next, isAtEnd: events.count < count)
        }
    }

    func readAllBackward(
        from store: String,
        start: Int?,
        count: Int,
        filter: EventFilter?
    ) async throws -> EventPage {
        try with(store) { store in
            let meant = store.events.filter { $0.position <= start ?? .max && filter?.matches($0) ?? true }
            let events = Array(meant.reversed().prefix(count))
            let next = events.count < meant.count ? (events.last?.position ?? 0) - 1 : -1
            return EventPage(events: events, next: next, isAtEnd: next < 0)
        }
    }

    func streamSettings(of stream: String, in store: String) async throws -> StreamSettings {
        try with(store) { $0.settings[stream] ?? StreamSettings() }
    }

    func setStreamSettings(_ settings: StreamSettings, of stream: String, in store: String) async throws {
        try with(store) { $0.settings[stream] = settings }
    }

    func truncate(_ stream: String, in store: String, before version: Int) async throws {
        try with(store) { store in
            guard version <= store.stream(stream).count else { throw StoreError.invalid("too far") }
            store.events.removeAll { $0.stream == stream && $0.version < version }
        }
    }

    func deleteStream(_ stream: String, in store: String, tombstone: Bool) async throws {
        try with(store) { $0.events.removeAll { $0.stream == stream } }
    }

    func recordSnapshot(_ snapshot: Snapshot, in store: String, keeping kept: Int?) async throws {
        try with(store) { store in
            store.snapshots.removeAll { $0.id == snapshot.id }
            store.snapshots.append(snapshot)
        }
    }

    func snapshot(_ id: SnapshotID, in store: String) async throws -> Snapshot? {
        try with(store) { $0.snapshots.first { $0.id == id } }
    }

    func latestSnapshot(
        source: String,
        stream: String,
        upTo version: Int?,
        in store: String
    ) async throws -> Snapshot? {
        try with(store) { store in
            store.snapshots
                .filter { $0.id.source == source && $0.id.stream == stream && $0.id.version <= version ?? .max }
                .max { $0.id.version < $1.id.version }
        }
    }

    func snapshots(source: String?, stream: String?, in store: String) async throws -> [SnapshotID] {
        try with(store) { store in
            store.snapshots.map(\.id).filter {
                source ?? $0.source == $0.source && stream ?? $0.stream == $0.stream
            }
        }
    }

    func deleteSnapshot(_ id: SnapshotID, in store: String) async throws {
        try with(store) { $0.snapshots.removeAll { $0.id == id } }
    }

    func compact(_ store: String) async throws -> CompactionReport {
        try with(store) { _ in
            var report = CompactionReport()
            report.segments = 2
            report.bytesBefore = 1000
            report.bytesAfter = 300
            report.events = 7
            report.facts = 1
            return report
        }
    }

    func eraseStream(_ stream: String, in store: String) async throws {
        guard stream.hasPrefix("person") else { throw StoreError.refused("this node encrypts no streams") }
    }
}
