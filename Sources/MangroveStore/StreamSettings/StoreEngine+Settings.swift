import Mangrove

extension StoreEngine {
    /// Makes a change of how much of a stream is kept wait for the next flush. Appends that are staged later see it.
    ///
    /// - Returns: the record to wait for; 0 if there is nothing to wait for.
    /// - Throws: ``StoreError/streamDeleted(_:)`` for a stream that ended for good, ``StoreError/invalid(_:)``, or
    ///   ``StoreError/unavailable(store:why:)``; nothing was changed.
    package func stage(_ change: StreamChange, of stream: String) throws(StoreError) -> UInt64 {
        try AppendRequest.check(stream: stream)
        if case .settings(let settings) = change { try settings.check() }
        return try staging.withLock { staging throws(StoreError) in
            if let refusal = staging.refusal { throw .unavailable(store: store, why: refusal) }
            let (known, durable) = published.withLock { ($0.index.lives[stream], $0.index.version(of: stream)) }
            let staged = staging.life(of: stream)
            var life = staged?.life ?? known ?? StreamLife()
            let next = (staging.find(stream)?.tail ?? durable) + 1
            if life.isTombstone {
                if case .tombstone = change { return staged?.ticket ?? 0 }
                throw .streamDeleted(stream)
            }
            life.floor = life.floor(next: next)
            var facts: [FactChange] = []
            switch change {
            case .settings(let settings):
                life.maxCount = settings.maxCount
                life.maxAge = settings.maxAge?.microseconds
                facts.append(FactChange(.streamMetadata, FactKey(stream), settings.metadata))
            case .truncate(let version):
                guard 0...next ~= version else {
                    throw .invalid("stream '\(stream)' can be truncated before versions 0 to \(next), not \(version)")
                }
                life.floor = max(life.floor, version)
            case .tombstone:
                life.floor = next
                life.isTombstone = true
            }
            facts.append(FactChange(.streamSettings, FactKey(stream), life.encoded))
            let ticket = try staging.add(facts)
            staging.remember(life, of: stream, ticket)
            return ticket
        }
    }

    /// A stream's durable settings. Blocks if its metadata is large.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)`` or ``StoreError/unavailable(store:why:)``.
    package func settings(of stream: String) throws(StoreError) -> StreamSettings {
        let life = published.withLock { $0.index.lives[stream] } ?? StreamLife()
        var settings = StreamSettings(metadata: try fact(.streamMetadata, FactKey(stream)), maxCount: life.maxCount)
        settings.maxAge = life.maxAge.map { .microseconds($0) }
        settings.firstVersion = life.floor
        settings.isTombstone = life.isTombstone
        return settings
    }

    /// Those of the events that are not too old for their stream.
    func left(of events: [RecordedEvent], _ now: Timestamp?) -> [RecordedEvent] {
        guard let now else { return events }
        return published.withLock { published in
            guard !published.index.lives.isEmpty else { return events }
            return events.filter { event in
                guard let maxAge = published.index.lives[event.stream]?.maxAge else { return true }
                return !event.isOlder(than: maxAge, at: now)
            }
        }
    }

    /// The first version of a stream that is not too old at a time: what is older is at the beginning. Blocks.
    func firstVersion(of stream: String, notOlderThan maxAge: Int64, at now: Timestamp) throws(StoreError) -> Int {
        let left = published.withLock { $0.index.left(of: stream, 0..<Int.max) }
        var low = left.lowerBound
        var high = left.upperBound
        while low < high {
            let middle = (low + high) / 2
            let position = published.withLock { $0.index.positions(of: stream, middle..<middle + 1) }
            guard let event = try events(at: position).first else {
                // Gone meanwhile.
                low = middle + 1
                continue
            }
            if event.isOlder(than: maxAge, at: now) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension RecordedEvent {
    fileprivate func isOlder(than maxAge: Int64, at now: Timestamp) -> Bool {
        let (age, overflow) = now.microseconds.subtractingReportingOverflow(created.microseconds)
        return !overflow && age > maxAge
    }
}
