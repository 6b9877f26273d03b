import Mangrove

extension StoreEngine {
    /// Checks the checksums of what is durable, from a place in the log on, until a number of bytes has been read. Blocks;
    /// appends and reads go on meanwhile.
    ///
    /// A checkpoint makes opening a store independent of its history, and so leaves that history unread; this reads it.
    ///
    /// - Parameters:
    ///   - start: where to begin; nil for the beginning.
    ///   - budget: after how many bytes to stop, at the end of a record.
    /// - Returns: where to go on, or nil at the end of what is durable.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)``, or ``StoreError/unavailable(store:why:)`` if the disk
    ///   cannot be read or the engine has failed.
    package func scrub(from start: RecordLocation?, budget: Int) throws(StoreError) -> RecordLocation? {
        try check()
        return try walking { () throws(StoreError) in try scrubFiles(from: start, budget: budget) }
    }

    private func scrubFiles(from start: RecordLocation?, budget: Int) throws(StoreError) -> RecordLocation? {
        let (segments, manifest) = (published.withLock { $0.index.image.segments }, manifest)
        var left = budget
        for segment in segments where segment.first >= start?.segment ?? 0 {
            // One that was rewritten meanwhile is read from its beginning.
            var offset = segment.file == start?.file ? start?.offset ?? 0 : 0
            let file = try onDisk(store) { () throws(DiskError) in try files.file(segment.file) }
            if offset == 0 { offset = try checkHeader(file, segment.file, manifest.identity) }
            var scanner = SegmentScanner(file: file, segment: segment.first, from: offset, to: segment.end)
            while scanner.offset < segment.end {
                if left <= 0 { return scanner.place(segment.generation) }
                let before = scanner.offset
                switch try onDisk(store, { () throws(DiskError) in try scanner.next() }) {
                case .record, .end: break
                case .torn(let what): throw damaged(segment.file, before, what)
                case .wrong(let offset, let what): throw damaged(segment.file, offset, what)
                }
                left -= scanner.offset - before
            }
        }
        return nil
    }

    /// How many bytes of log are durable.
    package var durableBytes: Int {
        published.withLock { $0.index.image.segments.reduce(0) { $0 + $1.end } }
    }

    /// Checks a segment's header.
    /// - Returns: where its records begin.
    private func checkHeader(
        _ file: any DiskFile,
        _ segment: SegmentID,
        _ identity: StoreIdentity
    ) throws(StoreError) -> Int {
        let count = segment.generation == 0 ? SegmentFormat.header : CompactedHeader.bytes
        let (head, size) = try onDisk(store) { () throws(DiskError) in
            (try file.bytes(at: 0, count: count), try file.size())
        }
        do throws(Malformed) {
            if segment.generation > 0 {
                _ = try CompactedHeader(head, segment, identity: identity, size: size)
                return count
            }
            try head.withUnsafeBufferPointer { bytes throws(Malformed) in
                try SegmentFormat.check(UnsafeRawBufferPointer(bytes), first: segment.first, identity: identity)
            }
            return count
        } catch {
            throw damaged(segment, 0, error.what)
        }
    }

    private func damaged(_ segment: SegmentID, _ offset: Int, _ what: String) -> StoreError {
        .damaged(store: store, file: files.path(segment), offset: offset, what: what)
    }
}
