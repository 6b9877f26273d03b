package import Mangrove

/// One store's log and index: appends, reads, checkpoints.
///
/// Not an actor and never asynchronous: its owner decides what runs where. Made for this division of work:
///
/// - ``stage(_:now:knowing:)`` never touches the disk. The owner calls it wherever it likes, an actor included.
/// - ``flushStaged(written:)`` blocks for one write and one flush. One caller at a time, on a thread that may block,
///   while staging goes on. Everything staged meanwhile goes out with the next call: that is group commit.
/// - Reads, ``resolve(_:)`` and ``writeCheckpoint()`` block, from any number of threads.
///
/// An event is visible to readers once it is durable. The first failure of a write or flush is the last: what is on the
/// disk is then unknown, so every later call throws, and only opening the store anew finds out. Nothing is retried.
///
/// Locks: `staging` before `published`, never the other way round; the file set's and the writer's are leaves. None is
/// held during disk work.
package final class StoreEngine: Sendable {
    struct Published: Sendable {
        var index: StoreIndex
        var failure: EngineFailure?
        /// The last record that the newest checkpoint covers.
        var checkpoint: UInt64?
        var checkpointing = false
        /// How many of those that were added the newest checkpoint covers.
        var covered = 0
        /// Bytes of the newest checkpoint.
        var checkpointBytes = 0
        var compacting = false
        /// How many segments have been rewritten: whoever looked up a place before looks again.
        var compactions = 0
        /// How many go through all files now, and the files that are to be removed after that.
        var walkers = 0
        var obsolete: [SegmentID] = []
        var closed = false
    }

    /// The store's name.
    package let store: String
    /// What the store's directory says of it.
    package let manifest: Manifest
    let disk: any Disk
    let encryption: StreamEncryption?
    let directory: StoreDirectory
    let files: SegmentFiles
    let reader: EventReader
    let staging: Lock<StagingArea>
    let published: Lock<Published>
    /// Nil while somebody writes with it, or once it is closed.
    let writer: Lock<LogWriter?>

    private init(
        disk: any Disk,
        directory: StoreDirectory,
        manifest: Manifest,
        options: LogOptions,
        encryption: StreamEncryption?,
        recovered: LogRecovery.Outcome
    ) throws(StoreError) {
        self.disk = disk
        self.encryption = encryption
        self.directory = directory
        self.manifest = manifest
        store = manifest.store
        files = SegmentFiles(disk: disk, directory: directory.logPath, limit: options.openSegments)
        reader = EventReader(store: manifest.store, files: files, pieceSize: options.readSize)
        let index = recovered.index
        staging = Lock(
            StagingArea(
                manifest.identity,
                lastIndex: index.image.lastIndex,
                lastTerm: index.image.lastTerm,
                eventCount: index.eventCount
            )
        )
        published = Lock(Published(index: index, checkpoint: recovered.checkpoint))
        let opened = try onDisk(manifest.store) { () throws(DiskError) in
            try LogWriter(
                disk: disk,
                directory: directory.logPath,
                identity: manifest.identity,
                segmentSize: options.segmentSize,
                space: PreparedSpace(most: options.ahead),
                active: recovered.active,
                durable: index.image.lastIndex
            )
        }
        writer = Lock(opened)
    }

    /// Opens a store: recovers its log, loads or builds its index. Blocks for as long as that takes.
    ///
    /// - Parameter directory: the store's directory. The caller owns the data directory it is in.
    /// - Parameter store: the store's name; nil if it is the directory's last component.
    /// - Parameter encryption: what decrypts events that are encrypted.
    /// - Returns: the engine, and what was found and mended.
    /// - Throws: ``StoreError/noSuchStore(_:)``; ``StoreError/damaged(store:file:offset:what:)``, with nothing changed; or
    ///   ``StoreError/unavailable(store:why:)`` if the disk refuses: opening again is safe.
    package static func open(
        disk: any Disk,
        directory: String,
        store: String? = nil,
        options: LogOptions = LogOptions(),
        encryption: StreamEncryption? = nil
    ) throws(StoreError) -> (engine: StoreEngine, report: RecoveryReport) {
        let directory = StoreDirectory(disk: disk, path: directory, store: store)
        guard case .store(let manifest) = try directory.state() else { throw .noSuchStore(directory.store) }
        let recovered = try LogRecovery.run(disk: disk, directory: directory, identity: manifest.identity)
        let checkpoints = CheckpointFiles(disk: disk, directory: directory)
        try checkpoints.clean(keeping: nil)
        let checkpointBytes = try checkpoints.bytes()
        let engine = try StoreEngine(
            disk: disk,
            directory: directory,
            manifest: manifest,
            options: options,
            encryption: encryption,
            recovered: recovered
        )
        engine.published.withLock { $0.checkpointBytes = checkpointBytes }
        // What no checkpoint covers has just been read.
        if recovered.report.checkpoint != nil, engine.durableBytes <= options.checkedAtOpen {
            do throws(StoreError) {
                _ = try engine.scrub(from: nil, budget: .max)
            } catch {
                engine.abandon()
                throw error
            }
        }
        return (engine, recovered.report)
    }

    // MARK: State

    /// Why the engine has stopped working, if it has.
    package var failure: EngineFailure? {
        published.withLock { $0.failure }
    }

    /// How many durable events there are.
    package var eventCount: Int {
        published.withLock { $0.index.eventCount }
    }

    /// The position of the last durable event, or nil.
    package var lastPosition: Int? {
        let count = eventCount
        return count > 0 ? count - 1 : nil
    }

    /// How many events and changes of facts have become durable since the store was opened, those that opening it read
    /// from the log included.
    package var added: Int {
        published.withLock { $0.index.added }
    }

    /// Bytes staged and not yet taken to be written, for the owner to set a bound.
    package var stagedBytes: Int {
        staging.withLock { $0.waitingBytes }
    }

    /// Throws if the engine has failed or is closed.
    func check() throws(StoreError) {
        try published.withLock { published throws(StoreError) in
            if let failure = published.failure { throw .unavailable(store: store, why: failure.why) }
            if published.closed { throw .unavailable(store: store, why: "it is closed") }
        }
    }

    /// Makes the first failure final.
    func fail(_ why: String, attempted: UInt64) {
        let first = published.withLock { published in
            if published.failure == nil { published.failure = EngineFailure(why: why, attempted: attempted) }
            return published.failure?.why ?? why
        }
        staging.withLock { $0.refusal = first }
    }

    // MARK: Closing

    /// Writes and flushes what is staged, writes a checkpoint, closes all files. Every later call throws.
    /// - Throws: ``StoreError``, the first that came; the files are closed all the same. After
    ///   ``StoreError/outcomeUnknown(store:why:)`` the fate of what was staged is open; after any other all that was staged
    ///   is durable.
    package func close() throws(StoreError) {
        staging.withLock { $0.refusal = $0.refusal ?? "it is closed" }
        defer {
            published.withLock { $0.closed = true }
            files.close()
            writer.withLock { writer in
                writer?.close()
                writer = nil
            }
        }
        if published.withLock({ $0.closed }) { return }
        try flushStaged()
        try writeCheckpoint()
        writer.withLock { writer in
            writer?.finish()
            writer = nil
        }
    }

    /// Closes all files at once, as after a failure. What is staged is not written; a flush under way goes on, so that
    /// ``error(for:)`` calls every outcome unknown.
    package func abandon() {
        fail("it was abandoned", attempted: .max)
        files.close()
        writer.withLock { writer in
            writer?.close()
            writer = nil
        }
    }
}

/// Why an engine stopped working.
package struct EngineFailure: Error, Sendable, Equatable {
    /// What the disk said.
    package var why: String
    /// Records up to this one may or may not be on the disk, later ones are not.
    package var attempted: UInt64
}
