extension SocketGateway {
    /// Asks the node, as ``Gateway/readAll(from:start:count:filter:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func readAll(from store: String, start: Int, count: Int, filter: EventFilter) async throws -> EventPage {
        try await askLog(store, .readAll(start: start, count: count, filter: filter)) {
            if case .page(let page) = $0 { page } else { nil }
        }
    }

    /// Asks the node, as ``Gateway/readAllBackward(from:start:count:filter:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func readAllBackward(
        from store: String,
        start: Int?,
        count: Int,
        filter: EventFilter?
    ) async throws -> EventPage {
        try await askLog(store, .readAllBackward(start: start, count: count, filter: filter)) {
            if case .page(let page) = $0 { page } else { nil }
        }
    }

    /// Asks the node, as ``Gateway/streamSettings(of:in:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func streamSettings(of stream: String, in store: String) async throws -> StreamSettings {
        try await askLog(store, .streamSettings(stream: stream)) {
            if case .settings(let settings) = $0 { settings } else { nil }
        }
    }

    /// Asks the node, as ``Gateway/setStreamSettings(_:of:in:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func setStreamSettings(_ settings: StreamSettings, of stream: String, in store: String) async throws {
        try await tellLog(store, .setStreamSettings(stream: stream, settings))
    }

    /// Asks the node, as ``Gateway/truncate(_:in:before:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func truncate(_ stream: String, in store: String, before version: Int) async throws {
        try await tellLog(store, .truncate(stream: stream, before: version))
    }

    /// Asks the node, as ``Gateway/deleteStream(_:in:tombstone:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func deleteStream(_ stream: String, in store: String, tombstone: Bool) async throws {
        try await tellLog(store, .deleteStream(stream: stream, tombstone: tombstone))
    }

    /// Asks the node, as ``Gateway/recordSnapshot(_:in:keeping:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func recordSnapshot(_ snapshot: Snapshot, in store: String, keeping kept: Int?) async throws {
        try await tellLog(store, .recordSnapshot(snapshot, keeping: kept))
    }

    /// Asks the node, as ``Gateway/snapshot(_:in:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func snapshot(_ id: SnapshotID, in store: String) async throws -> Snapshot? {
        try await askLog(store, .snapshot(id)) { if case .snapshot(let snapshot) = $0 { .some(snapshot) } else { nil } }
    }

    /// Asks the node, as ``Gateway/latestSnapshot(source:stream:upTo:in:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func latestSnapshot(
        source: String,
        stream: String,
        upTo version: Int?,
        in store: String
    ) async throws -> Snapshot? {
        try await askLog(store, .latestSnapshot(source: source, stream: stream, upTo: version)) {
            if case .snapshot(let snapshot) = $0 { .some(snapshot) } else { nil }
        }
    }

    /// Asks the node, as ``Gateway/snapshots(source:stream:in:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func snapshots(source: String?, stream: String?, in store: String) async throws -> [SnapshotID] {
        try await askLog(store, .snapshots(source: source, stream: stream)) {
            if case .snapshots(let ids) = $0 { ids } else { nil }
        }
    }

    /// Asks the node, as ``Gateway/deleteSnapshot(_:in:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func deleteSnapshot(_ id: SnapshotID, in store: String) async throws {
        try await tellLog(store, .deleteSnapshot(id))
    }

    /// Asks the node, as ``Gateway/compact(_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func compact(_ store: String) async throws -> CompactionReport {
        try await askLog(store, .compact) { if case .compacted(let report) = $0 { report } else { nil } }
    }

    /// Asks the node, as ``Gateway/eraseStream(_:in:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func eraseStream(_ stream: String, in store: String) async throws {
        try await tellLog(store, .eraseStream(stream))
    }

    private func tellLog(_ store: String, _ request: LogRequest) async throws(StoreError) {
        try await ask(.log(store: store, request)) { if case .done = $0 { () } else { nil } }
    }

    private func askLog<Value>(
        _ store: String,
        _ request: LogRequest,
        _ value: (LogReply) -> Value?
    ) async throws(StoreError) -> Value {
        try await ask(.log(store: store, request)) { if case .log(let reply) = $0 { value(reply) } else { nil } }
    }
}
