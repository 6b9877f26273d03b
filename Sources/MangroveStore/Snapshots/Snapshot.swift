/// Which snapshot: of what, of which stream, and up to which of its versions.
public struct SnapshotID: Sendable, Hashable {
    /// What kind of state it is of: an aggregate's name, a projection's. 1 to 1,024 bytes, no control characters.
    public var source: String
    /// The stream whose events went into it.
    public var stream: String
    /// The last version that did, from 0.
    public var version: Int

    /// Names a snapshot.
    public init(source: String, stream: String, version: Int) {
        self.source = source
        self.stream = stream
        self.version = version
    }

    /// Checks a name.
    /// - Throws: ``StoreError/invalid(_:)``.
    func check() throws(StoreError) {
        try Self.check(source: source, stream: stream)
        guard version >= 0 else { throw .invalid("a snapshot's version is 0 or more, not \(version)") }
    }

    static func check(source: String, stream: String) throws(StoreError) {
        try AppendRequest.check(source, "a snapshot's source")
        try AppendRequest.check(stream: stream)
    }
}

/// A state that events led to, kept so that it need not be computed from the first of them again.
///
/// `data` and `metadata` are JSON texts that the store validates when they enter and gives back byte for byte.
public struct Snapshot: Sendable, Equatable {
    /// Which one it is.
    public var id: SnapshotID
    /// The state: one JSON value, UTF-8.
    public var data: [UInt8]
    /// Facts about it: one JSON value, UTF-8, or nil.
    public var metadata: [UInt8]?
    /// When it was recorded; the store says so.
    public internal(set) var created = Timestamp(microseconds: 0)
    /// Whether what it carried is erased, because its stream's key is forgotten: then ``data`` is `null`.
    public internal(set) var isErased = false
    /// What it is encrypted under, if it is; only between the gateway and the log.
    var seal: EventID?

    /// Makes a snapshot to be recorded.
    public init(_ id: SnapshotID, data: [UInt8], metadata: [UInt8]? = nil) {
        self.id = id
        self.data = data
        self.metadata = metadata
    }

    /// Checks what can be checked without a store.
    /// - Throws: ``StoreError/invalid(_:)``.
    func check(maximum: Int) throws(StoreError) {
        try id.check()
        do throws(JSONError) {
            try JSONText.check(data)
            if let metadata { try JSONText.check(metadata) }
        } catch {
            throw .invalid("the data or metadata of a snapshot is not JSON: \(error)")
        }
        let size = data.count + (metadata?.count ?? 0)
        guard size <= maximum else { throw .invalid("a snapshot has at most \(maximum) bytes, this one \(size)") }
    }
}
