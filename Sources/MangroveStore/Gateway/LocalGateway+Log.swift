import Mangrove

extension LocalGateway {
    /// Reads events of all streams that a filter means.
    public func readAll(from store: String, start: Int, count: Int, filter: EventFilter) async throws -> EventPage {
        try filter.check()
        return try await retrying(store) { [self] in
            try await reader(store, start).call(timeout: nil) {
                try await $0.readAll(start: start, count: count, filter: filter)
            }
        }
    }

    /// Reads events of all streams, or of those that a filter means, newest first.
    public func readAllBackward(
        from store: String,
        start: Int?,
        count: Int,
        filter: EventFilter?
    ) async throws -> EventPage {
        try filter?.check()
        return try await retrying(store) { [self] in
            try await reader(store, start ?? 0).call(timeout: nil) {
                try await $0.readAllBackward(start: start, count: count, filter: filter)
            }
        }
    }

    /// A stream's settings.
    public func streamSettings(of stream: String, in store: String) async throws -> StreamSettings {
        try AppendRequest.check(stream: stream)
        return try await retrying(store) { [self] in
            try await reader(store, stream).call(timeout: nil) { try await $0.settings(of: stream) }
        }
    }

    /// Sets how much of a stream is kept, and returns when that is durable.
    public func setStreamSettings(_ settings: StreamSettings, of stream: String, in store: String) async throws {
        try settings.check()
        try await change(stream, in: store, .settings(settings))
    }

    /// Lets the events of a stream before a version be gone, and returns when that is durable.
    public func truncate(_ stream: String, in store: String, before version: Int) async throws {
        try await change(stream, in: store, .truncate(before: version))
    }

    /// Lets all events of a stream be gone, and returns when that is durable.
    public func deleteStream(_ stream: String, in store: String, tombstone: Bool) async throws {
        if tombstone { return try await change(stream, in: store, .tombstone) }
        // By version, so that trying it again takes nothing that came after.
        try await truncate(stream, in: store, before: try await version(of: stream, in: store) + 1)
    }

    /// Records a snapshot, and returns when it is durable.
    public func recordSnapshot(_ snapshot: Snapshot, in store: String, keeping kept: Int?) async throws {
        try snapshot.check(maximum: node.controls.settings(of: store).maximumAppendBytes)
        if let kept, kept < 1 { throw StoreError.invalid("at least one snapshot is kept, not \(kept)") }
        let sealed = try await sealed(snapshot, in: store)
        // Made twice it does what it does once.
        try await retrying(store, appends: true) { [self] in
            try await writer(store, snapshot.id).call(timeout: nil) { try await $0.record(sealed, keeping: kept) }
        }
    }

    /// A snapshot, or nil if there is none.
    public func snapshot(_ id: SnapshotID, in store: String) async throws -> Snapshot? {
        try id.check()
        return try await retrying(store) { [self] in
            try await snapshotReader(store, id.stream).call(timeout: nil) { try await $0.read(id) }
        }
    }

    /// The newest snapshot of a source and stream, up to a version if one is given.
    public func latestSnapshot(
        source: String,
        stream: String,
        upTo version: Int?,
        in store: String
    ) async throws -> Snapshot? {
        try SnapshotID(source: source, stream: stream, version: version ?? 0).check()
        return try await retrying(store) { [self] in
            try await snapshotReader(store, stream).call(timeout: nil) {
                try await $0.latest(source: source, stream: stream, upTo: version)
            }
        }
    }

    /// The snapshots of a source, or of all, and of one stream, or of all.
    public func snapshots(source: String?, stream: String?, in store: String) async throws -> [SnapshotID] {
        try SnapshotID.check(source: source ?? "any", stream: stream ?? "any")
        return try await retrying(store) { [self] in
            try await snapshotReader(store, stream ?? "").call(timeout: nil) {
                try await $0.list(source: source, stream: stream)
            }
        }
    }

    /// Removes a snapshot, and returns when that is durable.
    public func deleteSnapshot(_ id: SnapshotID, in store: String) async throws {
        try id.check()
        try await retrying(store, appends: true) { [self] in
            try await writer(store, id).call(timeout: nil) { try await $0.delete(id) }
        }
    }

    /// Gives the disk back what is of no more use.
    public func compact(_ store: String) async throws -> CompactionReport {
        try await retrying(store) { [self] in
            try await runtime.address(StoreName(store: store).name(.persistence), of: PersistenceWorker.self)
                .call(timeout: nil) { try await $0.compact(share: 0) }
        }
    }

    /// Forgets a stream's key, and returns when that is durable.
    public func eraseStream(_ stream: String, in store: String) async throws {
        try AppendRequest.check(stream: stream)
        guard let encryption else { throw StoreError.refused("this node encrypts no streams") }
        _ = try await storeStatus(store)
        do {
            try await runtime.environment.blocking.run { try encryption.vault.forget(stream, in: store) }
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError.unavailable(store: store, why: "the key may or may not be forgotten: \(error)")
        }
    }

    /// The events as they are to be kept: encrypted, if the stream's are.
    func sealed(_ events: [NewEvent], of stream: String, in store: String) async throws -> [NewEvent] {
        guard let encryption, encryption.applies(stream, store) else { return events }
        let randomness = runtime.environment.randomness
        return try await runtime.environment.blocking.run {
            try encryption.seal(events, of: stream, in: store, randomness)
        }
    }

    private func sealed(_ snapshot: Snapshot, in store: String) async throws -> Snapshot {
        guard let encryption, encryption.applies(snapshot.id.stream, store) else { return snapshot }
        let randomness = runtime.environment.randomness
        return try await runtime.environment.blocking.run { try encryption.seal(snapshot, in: store, randomness) }
    }

    private func writer(_ store: String, _ id: SnapshotID) throws -> Ref<SnapshotWriter> {
        try runtime.address(StoreName(store: store).name(.snapshotWriters), of: SupervisorProcess.self)
            .partition(for: id.source + "\0" + id.stream, as: SnapshotWriter.self)
    }

    private func snapshotReader(_ store: String, _ stream: String) throws -> Ref<SnapshotReader> {
        try runtime.address(StoreName(store: store).name(.snapshotReaders), of: SupervisorProcess.self)
            .partition(for: stream, as: SnapshotReader.self)
    }

    private func change(_ stream: String, in store: String, _ change: StreamChange) async throws {
        try AppendRequest.check(stream: stream)
        // Made twice it does what it does once.
        _ = try await retrying(store, appends: true) { [self] in
            try await worker(store, stream).call { try await $0.change(stream, change) }.results()
        }
    }
}
