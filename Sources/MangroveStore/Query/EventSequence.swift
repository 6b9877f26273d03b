/// The events of a stream or of a whole store, read page by page as they are asked for.
///
/// It ends where the events end when it gets there; what is appended meanwhile is part of it. Every iteration begins anew.
/// Reading on after an error, or from several tasks with an iterator each, is fine.
public struct EventSequence: AsyncSequence, Sendable {
    /// What a page holds.
    public typealias Element = RecordedEvent

    private let gateway: any Gateway
    private let store: String
    private let source: Source
    private let pageSize: Int

    enum Source: Sendable {
        case stream(String, from: Int?, ReadDirection)
        case all(from: Int, EventFilter?)
        case allBackward(from: Int?, EventFilter?)
    }

    init(_ gateway: any Gateway, _ store: String, _ source: Source, pageSize: Int) {
        self.gateway = gateway
        self.store = store
        self.source = source
        self.pageSize = pageSize
    }

    /// Starts an iteration.
    public func makeAsyncIterator() -> Iterator {
        Iterator(gateway: gateway, store: store, source: source, pageSize: pageSize)
    }

    /// One iteration.
    public struct Iterator: AsyncIteratorProtocol {
        let gateway: any Gateway
        let store: String
        var source: Source
        let pageSize: Int
        private var page: ArraySlice<RecordedEvent> = []
        private var isAtEnd = false

        init(gateway: any Gateway, store: String, source: Source, pageSize: Int) {
            self.gateway = gateway
            self.store = store
            self.source = source
            self.pageSize = pageSize
        }

        /// The next event, or nil at the end.
        /// - Throws: what the gateway throws: ``StoreError``. The same page is asked for again then.
        public mutating func next() async throws -> RecordedEvent? {
            while page.isEmpty {
                if isAtEnd { return nil }
                try await load()
            }
            return page.removeFirst()
        }

        private mutating func load() async throws {
            switch source {
            case .stream(let stream, let start, let direction):
                let events = try await gateway.read(
                    from: store,
                    stream: stream,
                    start: start,
                    count: pageSize,
                    direction: direction
                )
                let next = (events.last?.version ?? 0) + (direction == .forward ? 1 : -1)
                isAtEnd = events.isEmpty || next < 0
                source = .stream(stream, from: Swift.max(next, 0), direction)
                page = events[...]
            case .all(let start, nil):
                page = try await gateway.readAll(from: store, start: start, count: pageSize)[...]
                isAtEnd = page.isEmpty
                source = .all(from: (page.last?.position ?? start) + 1, nil)
            case .all(let start, let filter?):
                let found = try await gateway.readAll(from: store, start: start, count: pageSize, filter: filter)
                page = found.events[...]
                isAtEnd = found.isAtEnd
                source = .all(from: found.next, filter)
            case .allBackward(let start, let filter):
                let found = try await gateway.readAllBackward(
                    from: store,
                    start: start,
                    count: pageSize,
                    filter: filter
                )
                page = found.events[...]
                isAtEnd = found.isAtEnd
                source = .allBackward(from: found.next, filter)
            }
        }
    }
}

extension Gateway {
    /// The events of a stream, read in pages; see ``EventSequence``.
    ///
    /// - Parameter start: the first version; nil is the first event, or backwards the last one.
    /// - Parameter pageSize: how many are asked for at a time.
    public func events(
        of stream: String,
        in store: String,
        from start: Int? = nil,
        direction: ReadDirection = .forward,
        pageSize: Int = 500
    ) -> EventSequence {
        EventSequence(self, store, .stream(stream, from: start, direction), pageSize: Swift.max(pageSize, 1))
    }

    /// The events of all streams in the order of their positions, or those of them that a filter means, read in pages; see
    /// ``EventSequence``.
    ///
    /// - Parameter start: the first position; nil is the first event, or backwards the last one.
    /// - Parameter pageSize: how many are asked for at a time.
    public func allEvents(
        in store: String,
        from start: Int? = nil,
        filter: EventFilter? = nil,
        direction: ReadDirection = .forward,
        pageSize: Int = 500
    ) -> EventSequence {
        let source: EventSequence.Source =
            switch direction {
            case .forward: .all(from: start ?? 0, filter)
            case .backward: .allBackward(from: start, filter)
            }
        return EventSequence(self, store, source, pageSize: Swift.max(pageSize, 1))
    }
}
