import Mangrove

/// What became of an append when it was staged.
package enum StagedAppend: Sendable, Equatable {
    /// It holds now; nothing needs to be waited for.
    case done([AppendResult])
    /// It holds once the record `ticket` is durable.
    case staged(ticket: UInt64, [AppendResult])
    /// Ids of it may be in their streams already, at these positions: call ``StoreEngine/resolve(_:)`` with them where
    /// blocking is allowed, then stage again with what it returns. Nothing was done.
    case needsRead([Int])
}

/// Durable events that were read to compare them with those of an append. Events never change, so it stays true.
package struct ResolvedEvents: Sendable {
    /// The events, by position.
    package var events: [Int: RecordedEvent] = [:]

    /// Knows nothing.
    package init() {}

    /// Adds what `other` knows.
    package mutating func merge(_ other: ResolvedEvents) {
        events.merge(other.events) { first, _ in first }
    }
}

/// What a flush made durable.
package struct FlushOutcome: Sendable {
    /// The last durable record: every ticket up to it is done.
    package var durable: UInt64
    /// The records that are new.
    package var records: [StagedRecord]

    /// The positions of the new events.
    package var positions: Range<Int> {
        guard let first = records.first, let last = records.last else { return 0..<0 }
        return first.position..<last.position + last.parts.reduce(0) { $0 + $1.events.count }
    }

    /// The new events, in the order of their positions.
    package var events: [RecordedEvent] {
        records.flatMap { $0.events }
    }
}

extension StoreEngine {
    /// Decides on an append and, if there is something to write, makes it wait for the next flush.
    ///
    /// Takes no longer than its own events need, and never touches the disk. Positions and versions are given out here, in
    /// the order of the calls. Later calls see what is staged; readers do not.
    ///
    /// - Parameter now: the time the events are said to be of.
    /// - Parameter knowing: what earlier calls for the same request asked to be read.
    /// - Parameter room: how much the store may hold; what is there already is never refused for want of room.
    /// - Returns: what to wait for, or what to read first.
    /// - Throws: ``StoreError``: `invalid`, `wrongExpectedVersion`, `eventIDConflict`, `conditionFailed`, `streamDeleted`,
    ///   `limitReached` or `unavailable`; nothing was staged.
    package func stage(
        _ request: AppendRequest,
        now: Timestamp,
        knowing resolved: ResolvedEvents = ResolvedEvents(),
        within room: StoreRoom = StoreRoom()
    ) throws(StoreError) -> StagedAppend {
        try request.check()
        return try staging.withLock { staging throws(StoreError) in
            switch try decision(on: request, staging, knowing: resolved) {
            case .needsRead(let positions): return .needsRead(positions)
            case .decided(.alreadyPresent(let results, ticket: 0)): return .done(results)
            case .decided(.alreadyPresent(let results, let ticket)): return .staged(ticket: ticket, results)
            case .decided(.record(let parts, let results)):
                let last = results.compactMap { $0.position }.max() ?? 0
                guard last < StoreIndex.capacity else { throw .unavailable(store: store, why: "the store is full") }
                try check(room, for: parts, staging)
                staging.room = room
                return .staged(ticket: try staging.add(parts, created: request.created ?? now), results)
            }
        }
    }

    /// What is to be done about an append, or what must be read to know.
    enum Deciding {
        case needsRead([Int])
        case decided(AppendDecision)
    }

    /// Decides on an append, and does nothing.
    /// - Throws: as ``stage(_:now:knowing:within:)``.
    func decision(
        on request: AppendRequest,
        knowing resolved: ResolvedEvents,
        within room: StoreRoom
    ) throws(StoreError) -> Deciding {
        try request.check()
        return try staging.withLock { staging throws(StoreError) in
            let decision = try decision(on: request, staging, knowing: resolved)
            if case .decided(.record(let parts, _)) = decision { try check(room, for: parts, staging) }
            return decision
        }
    }

    private func decision(
        on request: AppendRequest,
        _ staging: StagingArea,
        knowing resolved: ResolvedEvents
    ) throws(StoreError) -> Deciding {
        if let refusal = staging.refusal { throw .unavailable(store: store, why: refusal) }
        var unread: [Int] = []
        let views = try published.withLock { published throws(StoreError) in
            var views: [StreamView] = []
            for part in request.parts {
                views.append(try view(of: part, staging, published.index, resolved, &unread))
            }
            return views
        }
        guard unread.isEmpty else { return .needsRead(unread) }
        let decision = try AppendMachine.decide(request, views: views, nextPosition: staging.nextPosition)
        if !request.conditions.isEmpty, request.isOpen(decision) {
            try published.withLock { published throws(StoreError) in
                try Self.require(request.conditions, staging, published.index)
            }
        }
        return .decided(decision)
    }

    private func view(
        of part: AppendRequest.Part,
        _ staging: StagingArea,
        _ index: StoreIndex,
        _ resolved: ResolvedEvents,
        _ unread: inout [Int]
    ) throws(StoreError) -> StreamView {
        if !index.lives.isEmpty && index.lives[part.stream]?.isTombstone ?? false
            || staging.life(of: part.stream)?.life.isTombstone ?? false
        {
            throw .streamDeleted(part.stream)
        }
        let durable = index.find(part.stream)
        let staged = staging.find(part.stream)
        var view = StreamView(tail: staged?.tail ?? durable?.version ?? -1, ticket: staged?.ticket ?? 0, known: [])
        view.known.reserveCapacity(part.events.count)
        // By number: to take an event out of its array costs more than to look at it there.
        for place in part.events.indices {
            let id = part.events[place].id
            if let staged, let known = staging.known(id, in: staged, { $0 == part.events[place] }) {
                view.known.append(known)
                continue
            }
            var known = KnownEvent.absent
            guard let number = durable?.number, case let candidates = index.candidates(number: number, id),
                !candidates.isEmpty
            else {
                view.known.append(known)
                continue
            }
            let event = part.events[place]
            for position in candidates {
                guard let found = resolved.events[position] else {
                    unread.append(position)
                    continue
                }
                // The fingerprints agree; only the ids decide.
                guard found.id == event.id, StreamKey(found.stream) == StreamKey(part.stream) else { continue }
                let same =
                    found.type == event.type && found.data == event.data && found.metadata == event.metadata
                    && found.tags == event.tags && found.isSealed == event.isSealed
                known = .present(version: found.version, position: position, same: same, ticket: 0)
            }
            view.known.append(known)
        }
        return view
    }

    /// Reads the events that ``stage(_:now:knowing:)`` asked for. Blocks.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)`` or ``StoreError/unavailable(store:why:)``.
    package func resolve(_ positions: [Int]) throws(StoreError) -> ResolvedEvents {
        var resolved = ResolvedEvents()
        for event in try events(at: Set(positions).sorted()) { resolved.events[event.position] = event }
        return resolved
    }

    /// Writes and flushes everything staged so far, and then shows it to readers. Blocks.
    ///
    /// One caller at a time. With nothing staged it does nothing.
    ///
    /// - Parameter written: called between write and flush with the last record written: those who asked for
    ///   ``Durability/written`` need not wait longer.
    /// - Returns: what is durable now.
    /// - Throws: ``StoreError/outcomeUnknown(store:why:)`` when the disk failed: the engine has failed for good, and
    ///   ``error(for:)`` tells what to say to each waiter. ``StoreError/unavailable(store:why:)`` if it had failed or was
    ///   closed before; ``StoreError/refused(_:)`` if another call is under way.
    @discardableResult
    package func flushStaged(written: (UInt64) -> Void = { _ in }) throws(StoreError) -> FlushOutcome {
        try check()
        var taken: LogWriter? = nil
        writer.withLock { writer in
            taken = writer
            writer = nil
        }
        guard var writer = taken else { throw .refused("another flush of store '\(store)' is under way") }
        var (group, room) = staging.withLock { ($0.take(), $0.room) }
        let spare = spare(in: room, beside: group.bytes.count)
        let locations: [RecordLocation]
        do throws(DiskError) {
            locations = try writer.write(&group, spare: spare, written: written)
        } catch {
            writer.close()
            fail(error.description, attempted: group.records.last?.index ?? 0)
            throw .outcomeUnknown(store: store, why: error.description)
        }
        let durable = writer.durable
        self.writer.withLock { $0 = writer }
        try publish(group.records, locations)
        let records = group.records
        staging.withLock { $0.forget(&group.bytes) }
        return FlushOutcome(durable: durable, records: records)
    }

    private func publish(_ records: [StagedRecord], _ locations: [RecordLocation]) throws(StoreError) {
        var next = 0
        while next < records.count {
            // In small portions, so that staging, which looks into the index, is never held up for long.
            let end = min(next + 64, records.count)
            let problem: String? = published.withLock { published in
                for index in next..<end {
                    do throws(Malformed) {
                        try published.index.insert(Self.entry(records[index], locations[index]))
                    } catch {
                        return error.what
                    }
                }
                return nil
            }
            if let problem {
                // Cannot happen; if it does, the log on the disk is right and this memory is wrong.
                fail("the index refused what the log took: \(problem)", attempted: records.last?.index ?? 0)
                throw .outcomeUnknown(store: store, why: problem)
            }
            next = end
        }
    }

    private static func entry(_ record: StagedRecord, _ location: RecordLocation) -> RecordEntry {
        RecordEntry(
            index: record.index,
            term: record.term,
            flushed: 0,
            location: location,
            size: record.size,
            content: record.facts.isEmpty ? .events(parts(of: record)) : .facts(record.facts.map { FactEntry($0) })
        )
    }

    private static func parts(of record: StagedRecord) -> [RecordEntry.Part] {
        var position = record.position
        return record.parts.map { part in
            defer { position += part.events.count }
            return RecordEntry.Part(
                stream: part.stream,
                version: part.version,
                position: position,
                ids: part.events.indices.map { part.events[$0].id },
                types: part.events.indices.map { part.events[$0].type },
                tags: part.events.indices.compactMap { number in
                    part.events[number].tags.isEmpty ? nil : (number, part.events[number].tags)
                }
            )
        }
    }

    /// What the waiter for `ticket` is to be told once the engine has failed.
    ///
    /// ``StoreError/outcomeUnknown(store:why:)`` if its record was being written, ``StoreError/unavailable(store:why:)`` if
    /// it never was: then the append was certainly not done. Nil while the engine works.
    package func error(for ticket: UInt64) -> StoreError? {
        guard let failure else { return nil }
        return ticket <= failure.attempted
            ? .outcomeUnknown(store: store, why: failure.why)
            : .unavailable(store: store, why: failure.why)
    }
}
