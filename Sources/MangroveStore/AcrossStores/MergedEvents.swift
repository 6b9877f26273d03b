/// The events of several stores as one sequence, read page by page as they are asked for.
///
/// Every store's own order is kept. Between stores the time of the append decides, and among equal times the store's id; an
/// event whose store's clock had been set back counts as one of the time before. So the order is the same each time,
/// whatever is appended meanwhile: what comes later stands later, as far as clocks agree.
///
/// It ends where the stores end when it gets there. ``Iterator/place`` says how far it has come, for going on from there.
public struct MergedEvents: AsyncSequence, Sendable {
    /// An event and the store it is of.
    public struct Element: Sendable, Equatable {
        /// The store.
        public var store: String
        /// The event.
        public var event: RecordedEvent
    }

    /// How far a reader has come, in each store.
    public struct Place: Sendable, Equatable {
        /// The first position that is still to be read, by store; 0 for those that are not mentioned.
        public var positions: [String: Int]

        /// Makes a place; the beginning, if nothing is mentioned.
        public init(_ positions: [String: Int] = [:]) {
            self.positions = positions
        }
    }

    let gateway: any Gateway
    let stores: [String]
    let start: Place
    let filter: EventFilter?
    let pageSize: Int

    /// Starts an iteration.
    public func makeAsyncIterator() -> Iterator {
        Iterator(
            place: start,
            heads: stores.map { store in
                Head(
                    store: store,
                    events: gateway.allEvents(
                        in: store,
                        from: start.positions[store] ?? 0,
                        filter: filter,
                        pageSize: pageSize
                    ).makeAsyncIterator()
                )
            }
        )
    }

    /// The next event of one store.
    struct Head {
        var store: String
        var events: any AsyncIteratorProtocol<RecordedEvent, any Error>
        var next: RecordedEvent?
        /// The latest time of the store's events so far, its next one included.
        var time: Timestamp?
        var isAtEnd = false

        /// Reads the next event unless it is there.
        mutating func fill() async throws {
            guard next == nil, !isAtEnd else { return }
            next = try await events.next(isolation: #isolation)
            isAtEnd = next == nil
            if let created = next?.created { time = Swift.max(time ?? created, created) }
        }

        func isBefore(_ other: Head) -> Bool {
            guard let time, next != nil else { return false }
            guard let otherTime = other.time, other.next != nil else { return true }
            return time == otherTime ? store < other.store : time < otherTime
        }
    }

    /// One iteration.
    public struct Iterator: AsyncIteratorProtocol {
        /// What is still to be read.
        public private(set) var place: Place
        private var heads: [Head]

        init(place: Place, heads: [Head]) {
            self.place = place
            self.heads = heads
        }

        /// The next event, or nil at the end of all stores.
        /// - Throws: what the gateway throws: ``StoreError``. Asked again, it goes on at the same event.
        public mutating func next() async throws -> Element? {
            for index in heads.indices { try await heads[index].fill() }
            var first: Int?
            for index in heads.indices where heads[index].next != nil {
                if first.map({ heads[index].isBefore(heads[$0]) }) ?? true { first = index }
            }
            guard let first, let event = heads[first].next else { return nil }
            heads[first].next = nil
            place.positions[heads[first].store] = event.position + 1
            return Element(store: heads[first].store, event: event)
        }
    }
}

extension Gateway {
    /// The events of several stores as one sequence, those of them that a filter means; see ``MergedEvents``.
    ///
    /// ```swift
    /// for try await (store, event) in gateway.mergedEvents(of: ["east", "west"]).map({ ($0.store, $0.event) }) {
    ///     print(store, event.type)
    /// }
    /// ```
    /// - Parameter stores: the stores; each counts once.
    /// - Parameter start: how far an earlier reader had come.
    /// - Parameter pageSize: how many events are asked for at a time, of each store.
    public func mergedEvents(
        of stores: [String],
        from start: MergedEvents.Place = MergedEvents.Place(),
        filter: EventFilter? = nil,
        pageSize: Int = 500
    ) -> MergedEvents {
        MergedEvents(
            gateway: self,
            stores: Set(stores).sorted(),
            start: start,
            filter: filter,
            pageSize: Swift.max(pageSize, 1)
        )
    }
}
