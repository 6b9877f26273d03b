import Mangrove

extension StoreEngine {
    /// Makes changes of facts wait for the next flush, all of them in one record: either all of them happen or none.
    ///
    /// Never touches the disk. Readers see them once they are durable.
    ///
    /// - Returns: the record to wait for; nil if there are no changes.
    /// - Throws: ``StoreError/invalid(_:)`` for a key that is too long or more bytes than a record can hold, or
    ///   ``StoreError/unavailable(store:why:)``; nothing was staged.
    package func stage(facts changes: [FactChange]) throws(StoreError) -> UInt64? {
        guard !changes.isEmpty else { return nil }
        for change in changes where change.key.bytes.count > FactKey.maximum {
            throw .invalid("a fact's key has at most \(FactKey.maximum) bytes, not \(change.key.bytes.count)")
        }
        return try staging.withLock { staging throws(StoreError) in
            if let refusal = staging.refusal { throw .unavailable(store: store, why: refusal) }
            return try staging.add(changes)
        }
    }

    /// A durable fact's value, or nil if there is none. Blocks if the value is large.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)`` or ``StoreError/unavailable(store:why:)``.
    package func fact(_ space: FactSpace, _ key: FactKey) throws(StoreError) -> [UInt8]? {
        try check()
        return try retryingPlaces { () throws(StoreError) in
            guard let entry = published.withLock({ $0.index.placed($0.index.facts[space].find(key)) }) else {
                return nil
            }
            return try factReader.read(space, entry)
        }
    }

    /// Durable facts of a space whose keys start with `prefix`, in the order of their keys. Blocks if values are large.
    ///
    /// - Parameter after: facts up to this key are left out, for reading in pages.
    /// - Parameter limit: how many at most.
    /// - Throws: as ``fact(_:_:)``.
    package func facts(
        _ space: FactSpace,
        prefix: FactKey = FactKey(),
        after: FactKey? = nil,
        limit: Int = .max
    ) throws(StoreError) -> [Fact] {
        try check()
        return try retryingPlaces { () throws(StoreError) in
            let entries = published.withLock { published in
                published.index.facts[space].entries(prefix: prefix, after: after, limit: limit)
                    .compactMap { published.index.placed($0) }
            }
            var facts: [Fact] = []
            facts.reserveCapacity(entries.count)
            for entry in entries { facts.append(Fact(key: entry.key, value: try factReader.read(space, entry))) }
            return facts
        }
    }

    /// The keys of durable facts of a space that start with `prefix`, in order; their values are not read.
    package func factKeys(_ space: FactSpace, prefix: FactKey = FactKey()) throws(StoreError) -> [FactKey] {
        try check()
        return published.withLock { $0.index.facts[space].entries(prefix: prefix).map { $0.key } }
    }

    /// The last durable fact whose key is at most `key` and starts with `prefix`, as `key` does itself, or nil. Blocks if
    /// its value is large.
    /// - Throws: as ``fact(_:_:)``.
    package func lastFact(_ space: FactSpace, upTo key: FactKey, prefix: FactKey) throws(StoreError) -> Fact? {
        try check()
        return try retryingPlaces { () throws(StoreError) in
            let found = published.withLock { published in
                published.index.placed(published.index.facts[space].last(upTo: key, prefix: prefix))
            }
            guard let entry = found else { return nil }
            return Fact(key: entry.key, value: try factReader.read(space, entry))
        }
    }

    /// How many durable facts there are.
    package var factCount: Int {
        published.withLock { $0.index.facts.count }
    }

    private var factReader: FactReader { FactReader(store: store, files: files) }
}
