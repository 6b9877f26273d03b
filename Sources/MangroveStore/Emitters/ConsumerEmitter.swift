import Mangrove

/// One consumer of a durable subscription, for as long as its channel is open.
///
/// What is handed to the consumer waits in the channel, never more than the consumer's window. When this process ends, for
/// whatever reason, the consumer is dead to its subscription, and what it had goes to others.
actor ConsumerEmitter: ProcessActor, LongRunning {
    private let channel: EventChannel<Handed>
    private let ended = AsyncSignal()

    private init(_ channel: EventChannel<Handed>) {
        self.channel = channel
    }

    static func start(
        _ context: ProcessContext,
        _ subscription: Ref<SubscriptionWorker>,
        _ window: Int,
        _ channel: EventChannel<Handed>
    ) async throws -> ConsumerEmitter {
        let emitter = ConsumerEmitter(channel)
        // What the consumer has not taken goes to others from here on: it must not have it too.
        context.onExit { _ in channel.close(.interrupted, discarding: true) }
        let own = try context.ref(as: ConsumerEmitter.self)
        try await subscription.call { try $0.join(own, window: window, channel) }
        return emitter
    }

    func run() async throws {
        channel.onEnd { [ended] in ended.ring() }
        while channel.end == nil, !Task.isCancelled { await ended.wait() }
    }
}
