import Mangrove

/// Delivers the events of one transient subscription, from its start on and then as they are committed: no gap, no
/// duplicate.
///
/// It always reads the log; notices of commits only tell it when. A subscriber that does not keep up makes it wait.
actor EmitterWorker: ProcessActor, LongRunning {
    private let context: ProcessContext
    private let log: SourceReader
    private let upcasters: Upcasters
    private let channel: EventChannel<Emission>
    private let news = AsyncSignal()
    private let pubSub: Address<StorePubSub>
    /// The first place that is delivered.
    let first: Int
    private var next: Int
    private var isLive = false

    private init(
        _ context: ProcessContext,
        _ log: SourceReader,
        _ place: StorePlace,
        _ names: StoreName,
        _ next: Int,
        _ channel: EventChannel<Emission>
    ) {
        self.context = context
        self.log = log
        upcasters = place.upcasters
        first = next
        self.next = next
        self.channel = channel
        pubSub = context.runtime.address(names.name(.pubSub), of: StorePubSub.self)
    }

    static func start(
        _ context: ProcessContext,
        _ place: StorePlace,
        _ names: StoreName,
        _ start: SubscriptionStart,
        _ channel: EventChannel<Emission>
    ) async throws -> EmitterWorker {
        let log = try await SourceReader.open(context, names, start.source)
        let emitter = EmitterWorker(context, log, place, names, log.place(of: start.from), channel)
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
            guard log.end > next else {
                guard await note(true) else { return }
                await news.wait()
                continue
            }
            let page = try await log.read(from: next)
            try await faultPoint("emitter.beforeSend")
            if !page.isLast, isLive { guard await note(false) else { return } }
            next = page.next
            var events: [RecordedEvent] = []
            var refusal: StoreError?
            for event in page.events where refusal == nil && log.source.matches(event) {
                do throws(StoreError) { events.append(try upcasters.upcast(event)) } catch { refusal = error }
            }
            if !events.isEmpty, await !channel.send(Emission(events: events, next: next)) { return }
            // It would be so again: once the subscriber has what came before it, it is told.
            if let refusal { return channel.close(.refused(refusal)) }
        }
    }

    /// Tells the subscriber where it stands, if that is new.
    /// - Returns: false if nobody listens any more.
    private func note(_ live: Bool) async -> Bool {
        guard live != isLive else { return true }
        isLive = live
        return await channel.send(Emission(note: live ? .caughtUp : .fellBehind, next: next))
    }
}
