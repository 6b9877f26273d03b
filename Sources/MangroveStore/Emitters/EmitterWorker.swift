import Mangrove

/// What a subscription follows, and from where on.
struct SubscriptionStart: Sendable {
    var source: SubscriptionSource
    /// The first position, or for one stream the first version, to be delivered.
    var next: Int
}

/// Delivers the events of one subscription, from its start on and then as they are committed: no gap, no duplicate.
///
/// It always reads the log; notices of commits only tell it when. A subscriber that does not keep up makes it wait.
actor EmitterWorker: ProcessActor, LongRunning {
    private let context: ProcessContext
    private let session: EngineSession
    private let source: SubscriptionSource
    private let channel: EventChannel
    private let news = AsyncSignal()
    private let pubSub: Address<StorePubSub>
    private let refusal: StoreRefusal
    private var next: Int

    private static let portion = 512

    private init(
        _ context: ProcessContext,
        _ session: EngineSession,
        _ names: StoreName,
        _ start: SubscriptionStart,
        _ channel: EventChannel
    ) {
        self.context = context
        self.session = session
        source = start.source
        next = start.next
        self.channel = channel
        pubSub = context.runtime.address(names.name(.pubSub), of: StorePubSub.self)
        refusal = StoreRefusal(context.runtime, session.engine.store)
    }

    static func start(
        _ context: ProcessContext,
        _ names: StoreName,
        _ start: SubscriptionStart,
        _ channel: EventChannel
    ) async throws -> EmitterWorker {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        let session = try await engine.call { $0.session }
        let emitter = EmitterWorker(context, session, names, start, channel)
        context.onExit { [pubSub = emitter.pubSub, id = context.id] _ in
            channel.close(.interrupted)
            try? pubSub.cast { $0.unsubscribe(id) }
        }
        return emitter
    }

    func run() async throws {
        let id = context.id
        try await pubSub.call { [news] in $0.subscribe(id) { _ in news.ring() } }
        channel.onEnd { [news] in news.ring() }
        while !Task.isCancelled, channel.end == nil {
            let events = try await read()
            if events.isEmpty {
                await news.wait()
            } else if await !channel.send(events) {
                return
            }
        }
    }

    private func read() async throws -> [RecordedEvent] {
        let (source, next) = (source, next)
        let events = try await refusal.watching {
            try await session.read { engine in
                switch source {
                case .all:
                    try engine.readAll(start: next, count: Self.portion)
                case .stream(let stream):
                    try engine.read(stream: stream, start: next, count: Self.portion)
                }
            }
        }
        self.next += events.count
        return events
    }
}
