import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("Rate limits")
struct RateLimitTests {
    private func instant(_ milliseconds: Int64) -> RuntimeInstant {
        RuntimeInstant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test("A burst passes at once, and then so many in a second")
    func burst() {
        var bucket = TokenBucket(RateLimit(perSecond: 10, burst: 3))
        for _ in 0..<3 { #expect(bucket.take(1, at: instant(0)) == nil) }
        #expect(bucket.take(1, at: instant(0)) == .milliseconds(100))
        #expect(bucket.take(1, at: instant(99)) == .milliseconds(1))
        #expect(bucket.take(1, at: instant(100)) == nil)
        #expect(bucket.take(1, at: instant(100)) == .milliseconds(100))
    }

    @Test("What is larger than the bucket passes when it is full, and is waited for afterwards")
    func large() {
        var bucket = TokenBucket(RateLimit(perSecond: 10, burst: 5))
        #expect(bucket.take(20, at: instant(0)) == nil)
        #expect(bucket.take(1, at: instant(0)) == .milliseconds(1_600))
        #expect(bucket.take(1, at: instant(1_600)) == nil)
        #expect(bucket.take(20, at: instant(1_600)) == .milliseconds(500))
        #expect(bucket.take(20, at: instant(2_100)) == nil)
    }

    @Test("Over any time no more passes than the burst and what came in meanwhile", arguments: Seeds(200))
    func longRun(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limit = RateLimit(
            perSecond: .random(in: 1...1_000, using: &random),
            burst: .random(in: 1...50, using: &random)
        )
        var bucket = TokenBucket(limit)
        var passed: [(at: Int64, count: Int)] = []
        var now: Int64 = 0
        for _ in 0..<300 {
            now += .random(in: 0...20, using: &random)
            let count = Int.random(in: 1...limit.burst, using: &random)
            let pause = bucket.take(count, at: instant(now))
            if let pause {
                // It says the truth: then it passes.
                var later = bucket
                #expect(later.take(count, at: instant(now).advanced(by: pause + .nanoseconds(2))) == nil)
            } else {
                passed.append((now, count))
            }
        }
        for (index, first) in passed.enumerated() {
            var sum = 0
            for other in passed[index...] {
                sum += other.count
                let came = Double(other.at - first.at) / 1_000 * Double(limit.perSecond)
                #expect(Double(sum) <= Double(limit.burst) + came + 0.001)
            }
        }
    }

    @Test("A store takes no more events than its rate, says when to come again, and does not slow another")
    func stores() throws {
        try Simulation(seed: 3).run { simulation in
            var node = NodeSettings(dataDirectory: "data", owner: "test")
            node.store.appendRate = RateLimit(perSecond: 100)
            let open = try await Node.open(node, in: simulation.runtime)
            for store in ["a", "b"] { try await open.gateway.createStore(store) }
            func append(_ count: Int, to store: String, _ first: UInt64) async throws {
                let events = (0..<UInt64(count)).map {
                    NewEvent(id: EventID(high: first, low: $0), type: "t", data: Array("1".utf8))
                }
                _ = try await open.gateway.append(to: store, stream: "s", expecting: .any, events)
            }
            try await append(100, to: "a", 1)
            await #expect(
                throws: StoreError.limited(
                    "store 'a' takes at most 100 events a second",
                    retryAfter: .milliseconds(500)
                )
            ) {
                try await append(50, to: "a", 2)
            }
            try await append(100, to: "b", 1)
            try await simulation.runtime.sleep(for: .milliseconds(500))
            try await append(50, to: "a", 2)
            #expect(try await open.gateway.version(of: "s", in: "a") == 149)
            await #expect(throws: StoreError.noSuchStore("none")) { try await append(1, to: "none", 1) }
            await open.close()
        }
    }

    @Test("An append of too many events is refused before anything is done")
    func tooMany() throws {
        try Simulation(seed: 4).run { simulation in
            var node = NodeSettings(dataDirectory: "data", owner: "test")
            node.store.maximumAppendEvents = 2
            let open = try await Node.open(node, in: simulation.runtime)
            try await open.gateway.createStore("a")
            let events = (0..<3).map { NewEvent(id: EventID(high: 0, low: $0), type: "t", data: Array("1".utf8)) }
            await #expect(throws: StoreError.invalid("an append carries at most 2 events, this one 3")) {
                try await open.gateway.append(to: "a", stream: "s", expecting: .any, events)
            }
            #expect(try await open.gateway.version(of: "s", in: "a") == -1)
            await open.close()
        }
    }
}
