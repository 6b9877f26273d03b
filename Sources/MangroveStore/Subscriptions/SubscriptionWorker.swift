import Mangrove

/// Runs one durable subscription: reads what it follows, hands events to its consumers, and records what they answer.
///
/// ``SubscriptionMachine`` decides; this does what it says. Answers are recorded in groups, as appends are: all that came
/// while one write was under way go out with the next, and each is confirmed when it is durable. It belongs to one
/// incarnation of the engine and ends with it.
actor SubscriptionWorker: ProcessActor, LongRunning, SignalHandling, Terminating {
    private struct Client {
        var channel: EventChannel<Handed>
        var monitor: MonitorID
    }

    let definition: SubscriptionDefinition
    let log: SourceReader
    let context: ProcessContext
    private let upcasters: Upcasters
    private let engine: Address<Store>
    private let pubSub: Address<StorePubSub>
    let counters: SubscriptionCounters
    private let news = AsyncSignal()
    private let unrecorded = AsyncSignal()

    private(set) var machine: SubscriptionMachine
    private var events: [Int: RecordedEvent]
    private(set) var parked: Set<Int>
    private var clients: [SubscriptionMachine.Consumer: Client] = [:]
    private var lastClient: SubscriptionMachine.Consumer = 0
    private var retryTimer: TurnTimer?

    /// Changes of facts beside the progress that go out with the next write.
    private var changes: [FactChange] = []
    /// Those who wait for the next write.
    private var waiting: [@Sendable () -> Void] = []
    private var recorded: SubscriptionProgress

    /// Places that were looked at without anything to deliver in them are recorded at the latest when they are this many.
    private static let unrecordedPlaces = 10_000

    private init(
        _ context: ProcessContext,
        _ place: StorePlace,
        _ names: StoreName,
        _ loaded: Loaded,
        _ counters: SubscriptionCounters
    ) {
        self.context = context
        upcasters = place.upcasters
        self.counters = counters
        definition = loaded.definition
        log = loaded.log
        engine = context.runtime.address(names.name(.engine), of: Store.self)
        pubSub = context.runtime.address(names.name(.pubSub), of: StorePubSub.self)
        events = loaded.events
        parked = loaded.parked
        recorded = loaded.progress
        let configuration = loaded.definition.configuration
        machine = SubscriptionMachine(
            from: loaded.progress,
            keys: loaded.events.compactMapValues { configuration.key(of: $0) },
            maximumRetries: configuration.maximumRetries
        )
    }

    static func start(
        _ context: ProcessContext,
        _ place: StorePlace,
        _ names: StoreName,
        _ subscription: String
    ) async throws -> SubscriptionWorker {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        // Behind this, everything that an earlier incarnation had staged is durable and can be read.
        try await engine.record([FactChange(.checkpoints, FactKey(), nil)])
        let loaded = try await Loaded(context, names, subscription)
        let counters = place.counters.counters(of: place.store).subscriptions.counters(of: loaded.definition)
        let worker = SubscriptionWorker(context, place, names, loaded, counters)
        context.onExit { [pubSub = worker.pubSub, id = context.id] _ in
            counters.ended()
            try? pubSub.cast { $0.unsubscribe(id) }
        }
        return worker
    }

    // MARK: Work of its own

    func run() async throws {
        let id = context.id
        try await pubSub.call { [news] in $0.subscribe(id) { _ in news.ring() } }
        show()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.read() }
            group.addTask { try await self.record() }
            // Either of them ends only by failing, or because the process does.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Looks further whenever there is somebody for it, and something to look at.
    private func read() async throws {
        while !Task.isCancelled {
            guard machine.wantsMore else {
                await news.wait()
                continue
            }
            let start = machine.nextToRead
            guard log.end > start else {
                perform(machine.looked(upTo: start, [], end: true))
                await news.wait()
                continue
            }
            let page = try await log.read(from: start, most: machine.room)
            // Unless it was moved meanwhile.
            if machine.nextToRead == start { take(page) }
        }
    }

    private func take(_ page: SourceReader.Page) {
        let source = log.source
        var offers: [SubscriptionMachine.Offer] = []
        for event in page.events where source.matches(event) {
            let place = source.place(of: event)
            events[place] = event
            offers.append(.init(place: place, key: definition.configuration.key(of: event)))
        }
        perform(machine.looked(upTo: page.next, offers, end: page.isLast))
        if machine.checkpoint - recorded.checkpoint >= Self.unrecordedPlaces { unrecorded.ring() }
    }

    /// Records what is new, again and again.
    private func record() async throws {
        while !Task.isCancelled {
            await unrecorded.wait()
            if Task.isCancelled { return }
            try await recordNow()
        }
    }

    private func recordNow() async throws {
        let (progress, confirmed, taken) = (machine.progress, waiting, changes)
        (changes, waiting) = ([], [])
        do {
            try await engine.record(taken + [progress.recorded(of: definition)])
        } catch {
            // What was not recorded goes with the next attempt, if there is one: the progress counts on it.
            (changes, waiting) = (taken + changes, confirmed + waiting)
            throw error
        }
        recorded = progress
        for confirm in confirmed { confirm() }
    }

    /// Records how far it has come, so that what nobody needed to answer for is not looked at again.
    func terminate(reason: ExitReason) async {
        guard reason.isClean, machine.progress != recorded || !changes.isEmpty else { return }
        // If this is not recorded, it is only looked at again.
        try? await recordNow()
    }

    // MARK: Turns

    /// Takes a consumer in, which lasts as long as its emitter.
    /// - Throws: ``StoreError/subscriptionStopped(store:subscription:why:)``
    func join(_ emitter: Ref<ConsumerEmitter>, window: Int, _ channel: EventChannel<Handed>) throws(StoreError) {
        if let why = machine.stopReason { throw stopped(why) }
        lastClient += 1
        clients[lastClient] = Client(channel: channel, monitor: context.monitor(emitter))
        perform(machine.connected(lastClient, window: window))
        news.ring()
    }

    func handle(_ signal: Signal) {
        guard case .down(let down) = signal,
            let client = clients.first(where: { $0.value.monitor == down.monitor })?.key
        else { return }
        clients[client] = nil
        perform(machine.disconnected(client))
    }

    /// Takes a consumer's answer; the reply comes when it is durable.
    func settle(_ number: UInt64, _ answer: Answer, _ reply: Reply<[UInt64]>) {
        guard let effects = machine.settle(number, answer, now: context.runtime.clock.now()) else {
            reply.fail(lost)
            return
        }
        counters.count(answer)
        perform(effects)
        let takenBack = effects.compactMap { if case .takeBack(let number, _) = $0 { number } else { nil } }
        confirm(reply, takenBack)
    }

    /// Takes somebody else's answer for an event.
    func settle(place: Int, _ answer: Answer, _ reply: Reply<Void>) {
        guard let effects = machine.settle(place: place, answer, now: context.runtime.clock.now()) else {
            reply.fail(lost)
            return
        }
        counters.count(answer)
        perform(effects)
        confirm(reply, ())
    }

    /// Takes parked events up again.
    func replay(_ places: [Int]?, _ reply: Reply<Int>) async throws {
        let wanted = (places ?? parked.sorted()).filter { parked.contains($0) }.prefix(machine.capacity)
        let found = try await log.events(at: Array(wanted))
        // What is not in the store any more cannot be delivered, and is not kept for ever either.
        for place in wanted {
            parked.remove(place)
            changes.append(FactChange(.parked, definition.parkedKey(place), nil))
        }
        events.merge(found) { first, _ in first }
        let offers = found.keys.sorted().map { place in
            SubscriptionMachine.Offer(place: place, key: found[place].flatMap { definition.configuration.key(of: $0) })
        }
        perform(machine.replay(offers))
        confirm(reply, offers.count)
    }

    /// Goes on from another place.
    func reset(to start: StartPoint, _ reply: Reply<Void>) {
        let place = log.place(of: start)
        for again in parked where again >= place {
            parked.remove(again)
            changes.append(FactChange(.parked, definition.parkedKey(again), nil))
        }
        perform(machine.reset(to: place))
        news.ring()
        confirm(reply, ())
    }

    /// Goes on after a stop.
    func resume(_ reply: Reply<Void>) {
        perform(machine.resume())
        news.ring()
        confirm(reply, ())
    }

    /// How it is doing.
    var info: SubscriptionInfo {
        SubscriptionInfo(
            name: definition.name,
            source: log.source,
            stopped: machine.stopReason,
            checkpoint: machine.checkpoint,
            lag: max(0, log.end - machine.checkpoint),
            underWay: machine.underWayCount,
            parked: parked.count,
            consumers: clients.count
        )
    }

    // MARK: Effects

    private func perform(_ effects: [SubscriptionMachine.Effect]) {
        var handed: [SubscriptionMachine.Consumer: [Handed]] = [:]
        var unreadable: [(number: UInt64, why: String)] = []
        for effect in effects {
            switch effect {
            case .deliver(let place, let number, let attempt, let client):
                guard let event = events[place] else { continue }
                do throws(StoreError) {
                    let event = try upcasters.upcast(event)
                    handed[client, default: []].append(.event(event, number: number, attempt: attempt))
                    counters.delivered()
                } catch {
                    unreadable.append((number, "\(error)"))
                }
            case .takeBack(let number, let client):
                clients[client]?.channel.withdraw { handed in
                    if case .event(_, number, _) = handed { true } else { false }
                }
            case .park(let place, let reason, let failures):
                parked.insert(place)
                changes.append(ParkedRecord(reason: reason, failures: failures).recorded(place, of: definition))
            case .forget(let place): events[place] = nil
            case .caughtUp(let client): handed[client, default: []].append(.caughtUp)
            case .fellBehind(let client): handed[client, default: []].append(.fellBehind)
            case .stopped(let why):
                for (_, client) in clients.sorted(by: { $0.key < $1.key }) {
                    client.channel.close(.refused(stopped(why)), discarding: true)
                }
            }
        }
        for (client, handed) in handed.sorted(by: { $0.key < $1.key }) { clients[client]?.channel.offer(handed) }
        for (number, why) in unreadable {
            // No consumer could do anything with it.
            perform(machine.settle(number, .park(why), now: context.runtime.clock.now()) ?? [])
            unrecorded.ring()
        }
        if machine.wantsMore, log.end > machine.nextToRead { news.ring() }
        setRetryTimer()
        show()
    }

    private func setRetryTimer() {
        let next = machine.nextRetry
        guard retryTimer?.deadline != next else { return }
        retryTimer?.cancel()
        retryTimer = next.map { next in
            context.at(next, as: SubscriptionWorker.self) { worker in
                worker.retryTimer = nil
                worker.perform(worker.machine.tick(now: worker.context.runtime.clock.now()))
            }
        }
    }

    private func confirm<Value: Sendable>(_ reply: Reply<Value>, _ value: Value) {
        waiting.append { reply.send(value) }
        unrecorded.ring()
    }

    private func show() {
        counters.show(checkpoint: machine.checkpoint, parked: parked.count, consumers: clients.count)
    }

    private var lost: StoreError {
        .deliveryLost(store: log.session.engine.store, subscription: definition.name)
    }

    private func stopped(_ why: String) -> StoreError {
        .subscriptionStopped(store: log.session.engine.store, subscription: definition.name, why: why)
    }
}
