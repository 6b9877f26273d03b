/// What is recorded of projections: how far each has come, the states it led to, and what aggregates are made of.
struct ProjectionBook: Sendable {
    let engine: StoreEngine

    /// How far a projection has come, and which of its generations of states is the valid one.
    struct Progress: Sendable, Equatable {
        var version: Int
        var generation: UInt64
        var next = 0
    }

    private static let format: UInt8 = 1

    static func checkpointKey(_ name: String) -> FactKey { FactKey("checkpoint").appending(name) }

    private static func aggregateKey(_ name: String) -> FactKey { FactKey("aggregate").appending(name) }

    private static func states(_ name: String) -> FactKey { FactKey("state").appending(name) }

    private static func states(_ name: String, _ generation: UInt64) -> FactKey {
        states(name).appending(generation)
    }

    static func stateKey(_ name: String, _ generation: UInt64, _ key: String) -> FactKey {
        // The last part has no end of its own, so that it may be any text.
        FactKey(states(name, generation).bytes + Array(key.utf8))
    }

    static func recorded(_ progress: Progress, of name: String) -> FactChange {
        var writer = WireWriter()
        writer.byte(format)
        writer.integer(progress.version)
        writer.unsigned(progress.generation)
        writer.integer(progress.next)
        return FactChange(.projections, checkpointKey(name), writer.bytes)
    }

    func progress(of name: String) throws(StoreError) -> Progress? {
        guard let value = try engine.fact(.projections, Self.checkpointKey(name)) else { return nil }
        return try reading { () throws(WireError) in
            var reader = WireReader(value)
            guard try reader.byte() == Self.format else { throw WireError(what: "a projection of a known format") }
            let progress = Progress(
                version: try reader.integer(),
                generation: try reader.unsigned(),
                next: try reader.integer()
            )
            try reader.end()
            return progress
        }
    }

    func state(of name: String, _ generation: UInt64, _ key: String) throws(StoreError) -> [UInt8]? {
        try engine.fact(.projections, Self.stateKey(name, generation, key))
    }

    func states(
        of name: String,
        _ generation: UInt64,
        after: String?,
        count: Int
    ) throws(StoreError) -> [ProjectedState] {
        let prefix = Self.states(name, generation)
        let after = after.map { Self.stateKey(name, generation, $0) }
        return try engine.facts(.projections, prefix: prefix, after: after, limit: count).map { fact in
            ProjectedState(
                key: String(decoding: fact.key.bytes.dropFirst(prefix.bytes.count), as: UTF8.self),
                data: fact.value
            )
        }
    }

    func stateCount(of name: String, _ generation: UInt64) throws(StoreError) -> Int {
        try engine.factKeys(.projections, prefix: Self.states(name, generation)).count
    }

    /// Keys of states that are not of the valid generation, up to `most`.
    func outdated(of name: String, _ generation: UInt64?, most: Int) throws(StoreError) -> [FactKey] {
        let valid = generation.map { Self.states(name, $0) }
        let keys = try engine.factKeys(.projections, prefix: Self.states(name))
        return Array(keys.lazy.filter { key in valid.map { !key.starts(with: $0) } ?? true }.prefix(most))
    }

    // MARK: Aggregates

    static func recorded(_ aggregate: Aggregate?, named name: String) -> FactChange {
        guard let aggregate else { return FactChange(.projections, aggregateKey(name), nil) }
        var writer = WireWriter()
        writer.byte(format)
        writer.aggregate(aggregate)
        return FactChange(.projections, aggregateKey(name), writer.bytes)
    }

    /// The recorded aggregates, as projections.
    func aggregates() throws(StoreError) -> [Projection] {
        var projections: [Projection] = []
        for fact in try engine.facts(.projections, prefix: FactKey("aggregate")) {
            let (name, aggregate, version) = try reading { () throws(WireError) in
                var parts = FactKey.Parts(fact.key)
                guard parts.text() != nil, let name = parts.text() else { throw WireError(what: "an aggregate's name") }
                var reader = WireReader(fact.value)
                guard try reader.byte() == Self.format else { throw WireError(what: "an aggregate of a known format") }
                let aggregate = try reader.aggregate()
                try reader.end()
                // Another aggregate is another fold.
                return (name, aggregate, Int(CRC32C.of(fact.value)))
            }
            projections.append(
                Projection(
                    name,
                    of: engine.store,
                    following: aggregate.source,
                    partitionBy: aggregate.partitionBy,
                    version: version
                ) { state, event in try aggregate.fold(state, event) }
            )
        }
        return projections
    }

    private func reading<Value>(_ body: () throws(WireError) -> Value) throws(StoreError) -> Value {
        do {
            return try body()
        } catch {
            throw .damaged(
                store: engine.store,
                file: "a projection's record",
                offset: 0,
                what: "expected \(error.what)"
            )
        }
    }
}

extension WireWriter {
    mutating func aggregate(_ aggregate: Aggregate) {
        subscriptionConfiguration(SubscriptionConfiguration(aggregate.source, partitionBy: aggregate.partitionBy))
        let fields = aggregate.fields.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        list(fields) { writer, field in
            writer.text(field.key)
            switch field.value {
            case .count: writer.byte(1)
            case .sum(let path):
                writer.byte(2)
                writer.text(path.description)
            case .overwrite(let path):
                writer.byte(3)
                writer.text(path.description)
            }
        }
    }
}

extension WireReader {
    mutating func aggregate() throws(WireError) -> Aggregate {
        let configuration = try subscriptionConfiguration()
        let fields = try list { (reader) throws(WireError) in
            let name = try reader.text()
            let rule: Aggregate.Rule =
                switch try reader.byte() {
                case 1: .count
                case 2: .sum(try reader.jsonField())
                case 3: .overwrite(try reader.jsonField())
                default: throw WireError(what: "an aggregate's rule")
                }
            return (name, rule)
        }
        return Aggregate(
            configuration.source,
            partitionBy: configuration.partitionBy,
            fields: Dictionary(fields) { first, _ in first }
        )
    }
}
