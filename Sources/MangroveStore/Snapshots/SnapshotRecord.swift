/// How a snapshot is kept: a fact under source, stream and version.
///
/// ```
/// size
///    8  created   microseconds since 1970, signed
///    4  size of the data, then the data
///    1  flags: 1 if there is metadata, 2 if both are encrypted
///   16  only then: the id under which they are
///       the metadata, to the end
/// ```
enum SnapshotRecord {
    /// The key of a snapshot.
    static func key(_ id: SnapshotID) -> FactKey {
        prefix(source: id.source, stream: id.stream).appending(UInt64(id.version))
    }

    /// What the keys of the snapshots of a source, or of a stream for it, start with.
    static func prefix(source: String?, stream: String?) -> FactKey {
        guard let source else { return FactKey() }
        let key = FactKey(source)
        return stream.map { key.appending($0) } ?? key
    }

    /// What a key names.
    /// - Throws: ``Malformed``.
    static func id(_ key: FactKey) throws(Malformed) -> SnapshotID {
        var parts = FactKey.Parts(key)
        guard let source = parts.text(), let stream = parts.text(),
            let version = parts.number().flatMap({ Int(exactly: $0) })
        else { throw Malformed("a snapshot's key cannot be right") }
        return SnapshotID(source: source, stream: stream, version: version)
    }

    /// The bytes a snapshot is kept as.
    static func encode(_ snapshot: Snapshot, created: Timestamp) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(little: created.microseconds)
        bytes.append(little: UInt32(truncatingIfNeeded: snapshot.data.count))
        bytes.append(contentsOf: snapshot.data)
        bytes.append((snapshot.metadata == nil ? 0 : hasMetadata) | (snapshot.seal == nil ? 0 : isSealed))
        if let seal = snapshot.seal {
            bytes.append(little: seal.high)
            bytes.append(little: seal.low)
        }
        bytes.append(contentsOf: snapshot.metadata ?? [])
        return bytes
    }

    private static let hasMetadata: UInt8 = 1
    private static let isSealed: UInt8 = 2

    /// The snapshot that was kept.
    /// - Throws: ``Malformed``.
    static func decode(_ fact: Fact) throws(Malformed) -> Snapshot {
        let id = try id(fact.key)
        return try fact.value.withUnsafeBufferPointer { bytes throws(Malformed) in
            var reader = ByteReader(UnsafeRawBufferPointer(bytes))
            let created = Timestamp(microseconds: try reader.integer())
            let data = Array(try reader.slice(Int(try reader.integer(UInt32.self))))
            let flags = try reader.integer(UInt8.self)
            guard flags <= hasMetadata | isSealed else { throw Malformed("a snapshot's flags cannot be right") }
            let seal =
                flags & isSealed == 0 ? nil : EventID(high: try reader.integer(), low: try reader.integer())
            let rest = Array(try reader.slice(reader.remaining))
            var snapshot = Snapshot(id, data: data, metadata: flags & hasMetadata == 0 ? nil : rest)
            snapshot.created = created
            snapshot.seal = seal
            return snapshot
        }
    }
}

extension StoreEngine {
    /// A snapshot, or nil if there is none. Blocks.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)`` or ``StoreError/unavailable(store:why:)``.
    package func snapshot(_ id: SnapshotID) throws(StoreError) -> Snapshot? {
        let key = SnapshotRecord.key(id)
        return try snapshot(try fact(.snapshots, key).map { Fact(key: key, value: $0) })
    }

    /// The newest snapshot of a source and stream, up to a version if one is given. Blocks.
    /// - Throws: as ``snapshot(_:)``.
    package func latestSnapshot(source: String, stream: String, upTo version: Int?) throws(StoreError) -> Snapshot? {
        let prefix = SnapshotRecord.prefix(source: source, stream: stream)
        let key = prefix.appending(UInt64(version ?? .max))
        return try snapshot(try lastFact(.snapshots, upTo: key, prefix: prefix))
    }

    /// The snapshots of a source, or of all, and of one stream of it, or of all: sorted by source, stream and version.
    /// - Throws: as ``snapshot(_:)``.
    package func snapshots(source: String?, stream: String?) throws(StoreError) -> [SnapshotID] {
        var found: [SnapshotID] = []
        for key in try factKeys(.snapshots, prefix: SnapshotRecord.prefix(source: source, stream: stream)) {
            do throws(Malformed) {
                found.append(try SnapshotRecord.id(key))
            } catch {
                throw damaged(error)
            }
        }
        // Without a source the stream is no prefix.
        guard source == nil, let stream else { return found }
        return found.filter { StreamKey($0.stream) == StreamKey(stream) }
    }

    private func snapshot(_ fact: Fact?) throws(StoreError) -> Snapshot? {
        guard let fact else { return nil }
        let snapshot: Snapshot
        do throws(Malformed) {
            snapshot = try SnapshotRecord.decode(fact)
        } catch {
            throw damaged(error)
        }
        return snapshot.seal == nil ? snapshot : try theEncryption().open(snapshot, in: store)
    }

    private func damaged(_ malformed: Malformed) -> StoreError {
        .damaged(store: store, file: directory.logPath, offset: 0, what: malformed.what)
    }
}
