import Mangrove

/// Makes one backup, in steps each of which blocks for a piece of at most a mebibyte.
///
/// ```
///  files of the stores, one after the other ──▶ directories ──▶ manifest ──▶ done
///    checked and copied piece by piece           durable         at once
/// ```
///
/// A segment that an earlier backup has is not read again; of one that has grown, what is new is appended to the copy. The
/// checksum of every record that is copied is checked on the way, so that a backup is never made of damage. It can be
/// dropped at any step: what it has written is no backup until the manifest is there.
struct BackupRun: Sendable {
    /// What is to be done with one file.
    private struct Item: Sendable {
        var store: Int
        var file: BackupManifest.File
        var source: Source
        /// What an earlier backup has of it.
        var base: BackupManifest.File?
    }

    private enum Source: Sendable {
        case segment(String, StoreIdentity, SegmentID)
        /// A small file, as it was when the cut was taken.
        case bytes([UInt8])
    }

    /// A file being copied.
    private struct Copying: Sendable {
        var source: any DiskFile
        var target: any DiskFile
        var path: String
        var offset = 0
        var hash = SHA256()
        var scanner: SegmentScanner
    }

    private static let piece = 1 << 20

    private let target: BackupTarget
    private let lock: any DiskLock
    private var manifest: BackupManifest
    private var items: [Item] = []
    private var next = 0
    private var copying: Copying?
    /// What this attempt, or one before it that was interrupted, has made durable: by path.
    private(set) var copied: [String: BackupManifest.File]
    private(set) var progress = OperationProgress()
    private(set) var report: BackupReport?

    /// Begins a backup. Blocks.
    /// - Parameters:
    ///   - cuts: what belongs to it; their files have to be pinned until the end.
    ///   - copied: what an attempt before, for the same target, had copied.
    /// - Throws: ``StoreError``.
    init(
        _ target: BackupTarget,
        lock: any DiskLock,
        cuts: [LogCut],
        sources: [String: StoreDirectory],
        made: Timestamp,
        copied: [String: BackupManifest.File] = [:]
    ) throws(StoreError) {
        self.target = target
        self.lock = lock
        self.copied = copied
        let contents = try target.contents()
        manifest = BackupManifest(number: contents.next, made: made, stores: [])
        for (number, cut) in cuts.enumerated() {
            let id = cut.manifest.store
            guard let source = sources[id] else { throw .noSuchStore(id) }
            let directory = BackupManifest.directory(id, cut.manifest.identity)
            manifest.stores.append(
                BackupManifest.Store(
                    id: id,
                    identity: cut.manifest.identity,
                    created: cut.manifest.created,
                    record: cut.record,
                    events: cut.events,
                    directory: directory
                )
            )
            let base = contents.backups.last { $0.stores.contains { $0.directory == directory } }?
                .stores.first { $0.directory == directory }
            for segment in cut.segments {
                let name = segment.file.name
                let file = BackupManifest.File(name: name, kept: name, bytes: segment.end, digest: [])
                let path = source.logPath + "/" + name
                let known = copied[directory + "/" + name] ?? base?.files.first { $0.name == name }
                items.append(
                    Item(
                        store: number,
                        file: file,
                        source: .segment(path, cut.manifest.identity, segment.file),
                        base: known.flatMap { $0.bytes <= segment.end ? $0 : nil }
                    )
                )
                progress.total += segment.end - (known.map { min($0.bytes, segment.end) } ?? 0)
            }
            items += try others(of: source, store: number)
        }
    }

    /// The small files beside a store's manifest: its own configuration, say.
    private func others(of source: StoreDirectory, store: Int) throws(StoreError) -> [Item] {
        let disk = target.disk
        return try onDisk(source.store) { () throws(DiskError) in
            var items: [Item] = []
            for name in try disk.list(source.path) where name != Manifest.name && name != Manifest.removedName {
                guard !name.hasSuffix(".tmp"), !name.hasPrefix("."),
                    try disk.kind(of: source.path + "/" + name) == .file
                else { continue }
                let bytes = try disk.contents(source.path + "/" + name, limit: 16 << 20) ?? []
                let kept = "\(manifest.number)-\(name)"
                let file = BackupManifest.File(name: name, kept: kept, bytes: bytes.count, digest: [])
                items.append(Item(store: store, file: file, source: .bytes(bytes)))
            }
            return items
        }
    }

    /// Does the next piece of the work. Blocks.
    /// - Returns: how many bytes were copied; nil when the backup is there.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)`` if what is to be copied is; or
    ///   ``StoreError/unavailable(store:why:)`` if a disk refuses.
    mutating func step() throws(StoreError) -> Int? {
        if copying != nil { return try copyPiece() }
        guard next < items.count else {
            try finish()
            return nil
        }
        let item = items[next]
        progress.subject = manifest.stores[item.store].id
        let directory = target.storesPath + "/" + manifest.stores[item.store].directory
        let path = directory + "/" + item.file.kept
        let disk = target.disk
        switch item.source {
        case .bytes(let bytes):
            try onDisk("") { () throws(DiskError) in
                try disk.createDirectory(directory)
                let file = try disk.open(path, .replace)
                defer { file.close() }
                try file.write(bytes, at: 0)
                try file.flush()
            }
            done(item, SHA256.digest(bytes))
            return bytes.count
        case .segment(let source, let identity, let segment):
            if let base = item.base, base.bytes == item.file.bytes, try isPresent(path, base.bytes) {
                done(item, base.digest)
                return 0
            }
            try begin(item, source, identity, segment, path, directory)
            return 0
        }
    }

    private func isPresent(_ path: String, _ bytes: Int) throws(StoreError) -> Bool {
        let disk = target.disk
        return try onDisk("") { () throws(DiskError) in
            guard try disk.kind(of: path) == .file else { return false }
            let file = try disk.open(path, .read)
            defer { file.close() }
            return try file.size() >= bytes
        }
    }

    private mutating func begin(
        _ item: Item,
        _ source: String,
        _ identity: StoreIdentity,
        _ segment: SegmentID,
        _ path: String,
        _ directory: String
    ) throws(StoreError) {
        let store = manifest.stores[item.store].id
        let disk = target.disk
        let grows = try item.base.map { (base) throws(StoreError) in try isPresent(path, base.bytes) } ?? false
        if !grows { items[next].base = nil }
        let from = try onDisk(store) { () throws(DiskError) in try disk.open(source, .read) }
        let to = try onDisk("") { () throws(DiskError) in
            try disk.createDirectory(directory)
            return try disk.open(path, grows ? .readWrite : .replace)
        }
        let header = segment.generation == 0 ? SegmentFormat.header : CompactedHeader.bytes
        try check(from, source, store, segment, identity)
        copying = Copying(
            source: from,
            target: to,
            path: source,
            scanner: SegmentScanner(
                file: from,
                segment: segment.first,
                // What an earlier backup has was checked when it was made.
                from: max(header, grows ? item.base?.bytes ?? 0 : 0),
                to: item.file.bytes
            )
        )
    }

    /// Checks a segment's header.
    private func check(
        _ file: any DiskFile,
        _ path: String,
        _ store: String,
        _ segment: SegmentID,
        _ identity: StoreIdentity
    ) throws(StoreError) {
        let (head, size) = try onDisk(store) { () throws(DiskError) in
            (try file.bytes(at: 0, count: CompactedHeader.bytes), try file.size())
        }
        do throws(Malformed) {
            if segment.generation > 0 {
                _ = try CompactedHeader(head, segment, identity: identity, size: size)
            } else {
                try head.withUnsafeBufferPointer { head throws(Malformed) in
                    try SegmentFormat.check(UnsafeRawBufferPointer(head), first: segment.first, identity: identity)
                }
            }
        } catch {
            throw .damaged(store: store, file: path, offset: 0, what: error.what)
        }
    }

    private mutating func copyPiece() throws(StoreError) -> Int {
        guard var current = copying else { return 0 }
        let item = items[next]
        let store = manifest.stores[item.store].id
        // What an earlier backup has is only taken into the digest, up to where it ends.
        let known = item.base?.bytes ?? 0
        let limit = current.offset < known ? known : item.file.bytes
        let count = min(Self.piece, limit - current.offset)
        let offset = current.offset
        let bytes = try onDisk(store) { () throws(DiskError) in try current.source.bytes(at: offset, count: count) }
        guard bytes.count == count else {
            throw .damaged(store: store, file: current.path, offset: offset + bytes.count, what: "the file ends here")
        }
        current.hash.update(bytes)
        current.offset += count
        if current.offset <= known {
            if let base = item.base, current.offset == known, current.hash.finish() != base.digest {
                let what = "it is not what it was when the last backup was made"
                throw .damaged(store: store, file: current.path, offset: 0, what: what)
            }
        } else {
            try onDisk("") { () throws(DiskError) in try current.target.write(bytes, at: offset) }
            try check(&current, store)
            progress.done += count
        }
        copying = current
        if current.offset == item.file.bytes { try end(current, item) }
        return current.offset <= known ? 0 : count
    }

    /// Checks the records that have been copied in full.
    private func check(_ current: inout Copying, _ store: String) throws(StoreError) {
        while current.scanner.offset < current.offset {
            let before = current.scanner.offset
            let step: SegmentScanner.Step
            do throws(DiskError) {
                step = try current.scanner.next()
            } catch {
                throw .unavailable(store: store, why: error.description)
            }
            switch step {
            case .record: break
            case .end: return
            case .torn(let what): throw .damaged(store: store, file: current.path, offset: before, what: what)
            case .wrong(let offset, let what):
                throw .damaged(store: store, file: current.path, offset: offset, what: what)
            }
        }
    }

    private mutating func end(_ current: Copying, _ item: Item) throws(StoreError) {
        try onDisk("") { () throws(DiskError) in try current.target.flush() }
        current.source.close()
        current.target.close()
        copying = nil
        done(item, current.hash.finish())
    }

    private mutating func done(_ item: Item, _ digest: [UInt8]) {
        var file = item.file
        file.digest = digest
        manifest.stores[item.store].files.append(file)
        copied[manifest.stores[item.store].directory + "/" + file.kept] = file
        next += 1
    }

    private mutating func finish() throws(StoreError) {
        let (disk, target, manifest) = (target.disk, target, manifest)
        try onDisk("") { () throws(DiskError) in
            for store in manifest.stores {
                let path = target.storesPath + "/" + store.directory
                // A store without records has no directory here.
                if try disk.kind(of: path) == .directory { try disk.syncDirectory(path) }
            }
            try disk.syncDirectory(target.storesPath)
            try disk.replace(target.path, manifest.name, with: manifest.encoded())
        }
        report = BackupReport(
            target: target.path,
            number: manifest.number,
            made: manifest.made,
            stores: manifest.stores.map {
                BackupReport.Store(id: $0.id, events: $0.events, record: Int($0.record), bytes: $0.bytes)
            },
            copied: progress.done
        )
    }
}
