import Mangrove
import MangroveStore

/// `grove subscribe`: prints events as they come, until it has enough of them, or SIGINT or SIGTERM.
func followEvents(_ options: SubscribeOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    try await follow(count: options.count) { queue in
        try await read(options, gateway, into: queue)
    } print: { arrival in
        try console.output.append { arrival.event.appendLine(to: &$0) }
        try console.output.flush()
        do {
            try await arrival.delivery?.ack()
        } catch StoreError.deliveryLost {
            // It was taken back, and comes again here or elsewhere.
        }
    }
    return .done
}

/// Prints what comes, until there is enough of it, or SIGINT or SIGTERM.
///
/// - Parameter count: how much is enough; nil for all.
/// - Parameter source: puts what comes into the queue, in a task of a runtime's, waiting while what came before is not
///   printed; ends when the queue takes no more.
/// - Throws: what `source` and `print` throw.
func follow<Item: Sendable>(
    count: Int?,
    _ source: @escaping @Sendable (EventChannel<Item>) async throws -> Void,
    print: (Item) async throws -> Void
) async throws {
    let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
    let (queue, failure) = (EventChannel<Item>(capacity: 1), Lock<(any Error)?>(nil))
    let release = runtime.environment.signals.onFirst { _ in queue.close(.cancelled) }
    defer { release() }
    let reading = runtime.spawn {
        do {
            try await source(queue)
        } catch {
            failure.withLock { $0 = error }
        }
        queue.close(.cancelled)
    }
    do {
        var left = count ?? .max
        while left > 0, let item = await queue.receive(most: 1)?.first {
            try await print(item)
            left -= 1
        }
    } catch {
        queue.close(.cancelled)
        reading.cancel()
        await reading.value
        throw error
    }
    queue.close(.cancelled)
    reading.cancel()
    await reading.value
    await runtime.shutdown()
    if let error = failure.withLock({ $0 }) { throw error }
}

/// An event that has come, and what is to be acknowledged once it is printed.
private struct Arrival: Sendable {
    var event: RecordedEvent
    var delivery: Delivery?
}

private func read(
    _ options: SubscribeOptions,
    _ gateway: any Gateway,
    into queue: EventChannel<Arrival>
) async throws {
    if let name = options.name {
        let consumer = try await gateway.consume(name, of: options.store, window: options.window)
        for try await delivery in consumer {
            let answered = options.acknowledges ? delivery : nil
            guard await queue.send(Arrival(event: delivery.event, delivery: answered)) else { return }
        }
    } else {
        for try await event in try gateway.subscribe(to: options.store, options.source, from: options.start) {
            guard await queue.send(Arrival(event: event)) else { return }
        }
    }
}
