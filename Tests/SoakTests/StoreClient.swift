import Mangrove
import MangroveStore
import MangroveTesting

/// Appends to one store and reads from it, and compares all it is told with the store's model.
struct StoreClient {
    private let world: World
    private let model: StoreModel
    private var generator: SeededGenerator
    /// What was acknowledged, to be appended again.
    private var done: [(parts: [StreamBatch], results: [AppendResult])] = []

    init(_ world: World, _ store: String, seed: UInt64) {
        self.world = world
        model = world.models[store] ?? StoreModel(store)
        generator = SeededGenerator(seed: seed)
    }

    private var store: String { model.store }

    private mutating func random(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }

    /// Works until the world is stopped; with pauses, the longer the less is answered.
    mutating func work() async {
        var pause = 1
        while !world.isStopped {
            guard world.isAllowed() else {
                await world.sleep(100)
                continue
            }
            do {
                guard let gateway = world.gateway else { throw StoreError.unavailable(store: store, why: "no power") }
                try await step(gateway)
                pause = random(1..<5)
            } catch StoreError.unavailable, StoreError.outcomeUnknown, StoreError.limitReached {
                pause = min(pause * 2, 400)
            } catch StoreError.damaged where world.isDamaged(store) {
                return
            } catch {
                return world.complain("\(store) answers with \(error)")
            }
            await world.sleep(pause)
        }
    }

    private mutating func step(_ gateway: LocalGateway) async throws {
        switch random(0..<20) {
        case 0..<9: try await append(gateway, [batch()], expecting: .any)
        case 9, 10:
            let batch = batch()
            try await append(gateway, [batch], expecting: .exactly(model.head(of: batch.stream)))
        case 11, 12: try await append(gateway, [batch(), batch()], expecting: .any)
        case 13, 14: try await repeatOne(gateway)
        case 15, 16: try await readAll(gateway)
        case 17, 18: try await readStream(gateway)
        default: try await readVersion(gateway)
        }
    }

    private mutating func batch() -> StreamBatch {
        StreamBatch(stream: "stream-\(random(0..<3))", events: world.newEvents(random(1..<4), size: random(0..<80)))
    }

    // MARK: Appending

    /// Appends until it is certain what became of it.
    private mutating func append(
        _ gateway: LocalGateway,
        _ parts: [StreamBatch],
        expecting expected: ExpectedVersion
    ) async throws {
        model.attempt(parts)
        var gateway = gateway
        var pause = 2
        while !world.isStopped {
            do {
                let results = try await send(gateway, parts, expected)
                acknowledge(parts, results)
                return
            } catch StoreError.unavailable, StoreError.outcomeUnknown, StoreError.limitReached {
                await world.sleep(pause)
                pause = min(pause * 2, 400)
                gateway = world.gateway ?? gateway
            } catch StoreError.wrongExpectedVersion(_, let expected, let actual) {
                if case .exactly(actual) = expected { world.complain("\(store): \(expected) is not \(actual)") }
                world.complain(model.refuse(parts))
                return
            }
        }
    }

    private func send(
        _ gateway: LocalGateway,
        _ parts: [StreamBatch],
        _ expected: ExpectedVersion
    ) async throws -> [AppendResult] {
        guard parts.count == 1, let part = parts.first else { return try await gateway.append(to: store, parts) }
        return [try await gateway.append(to: store, stream: part.stream, expecting: expected, part.events)]
    }

    private mutating func acknowledge(_ parts: [StreamBatch], _ results: [AppendResult]) {
        world.complain(model.acknowledge(parts, results))
        for event in parts.flatMap(\.events) where !world.machine.disk.hasOnPlatter(event.data, of: store) {
            world.complain("\(store): \(event.id.low) was acknowledged and is not on the platter")
        }
        done.append((parts, results))
    }

    private mutating func repeatOne(_ gateway: LocalGateway) async throws {
        guard !done.isEmpty else { return }
        let (parts, results) = done[random(0..<done.count)]
        let again = try await send(gateway, parts, .any)
        if again != results { world.complain("\(store): appended again, \(results) became \(again)") }
    }

    // MARK: Reading

    private mutating func readAll(_ gateway: LocalGateway) async throws {
        let end = model.end
        let (start, count) = (random(0..<end + 2), random(1..<12))
        let page = try await gateway.readAll(from: store, start: start, count: count)
        world.complain(model.page(page, from: start, count: count, end: end))
    }

    private mutating func readStream(_ gateway: LocalGateway) async throws {
        let stream = "stream-\(random(0..<3))"
        let head = model.head(of: stream)
        let (start, count) = (random(0..<head + 3), random(1..<12))
        let page = try await gateway.read(
            from: store,
            stream: stream,
            start: start,
            count: count,
            direction: .forward
        )
        world.complain(model.page(page, of: stream, from: start, count: count, head: head))
    }

    private mutating func readVersion(_ gateway: LocalGateway) async throws {
        let stream = "stream-\(random(0..<3))"
        let head = model.head(of: stream)
        let version = try await gateway.version(of: stream, in: store)
        if version < head { world.complain("\(store): \(stream) is at \(version), and \(head) was seen") }
    }
}

/// Follows a store, over all that happens to its machine.
struct StoreFollower {
    let world: World
    let store: String

    func work() async {
        guard let model = world.models[store] else { return }
        var next = 0
        while !Task.isCancelled {
            do {
                guard let gateway = world.gateway else { throw StoreError.unavailable(store: store, why: "no power") }
                for try await event in try gateway.subscribe(to: store, .all, from: next) {
                    if event.position != next {
                        world.complain("\(store): a subscriber at \(next) was given \(event.position)")
                    }
                    world.complain(model.read(event))
                    next = event.position + 1
                    world.follow(to: next)
                }
            } catch StoreError.damaged where world.isDamaged(store) {
                return
            } catch StoreError.unavailable {
                await world.sleep(50)
            } catch is CancellationError {
                return
            } catch {
                return world.complain("\(store): a subscription ended with \(error)")
            }
        }
    }
}
