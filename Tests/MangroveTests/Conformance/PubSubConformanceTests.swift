import Mangrove
import MangroveTesting
import Testing

@Suite("Publishing and subscribing") struct PubSubConformanceTests {
    private func withTopics(
        mailboxLimit: Int = 100_000,
        _ body: @escaping @Sendable (PubSub<String, Int>, Simulation, [Joined]) async throws -> Void
    ) {
        for partitions in [1, 8] {
            withMembers(mailboxLimit: mailboxLimit) { simulation, members, _ in
                try await body(PubSub(in: simulation.runtime, partitions: partitions), simulation, members)
            }
        }
    }

    private static let noting: @Sendable (isolated Member, Int) throws -> Void = { member, message in
        member.note("\(message)")
    }

    @Test("A message reaches each subscriber of exactly its topic once (case 454)")
    func broadcast() {
        withTopics { topics, simulation, members in
            try topics.subscribe(members[0].ref, to: "a", Self.noting)
            try topics.subscribe(members[1].ref, to: "a", Self.noting)
            try topics.subscribe(members[2].ref, to: "ab", Self.noting)
            let publication = topics.broadcast(7, to: "a")
            #expect(publication.delivered == 2)
            #expect(topics.broadcast(8, to: "nobody's").delivered == 0)
            try await simulation.runtime.quiet()
            #expect(try await members[0].notes == ["7"])
            #expect(try await members[1].notes == ["7"])
            #expect(try await members[2].notes == [])
            #expect(topics.topics == ["a", "ab"])
        }
    }

    @Test("One that subscribed twice receives twice, and one unsubscribing ends both (case 455)")
    func twice() {
        withTopics { topics, simulation, members in
            for _ in 0..<2 { try topics.subscribe(members[0].ref, to: "a", Self.noting) }
            try topics.subscribe(members[1].ref, to: "a", Self.noting)
            #expect(topics.broadcast(1, to: "a").delivered == 3)
            try await simulation.runtime.quiet()
            #expect(try await members[0].notes == ["1", "1"])
            topics.unsubscribe(members[0].ref, from: "a")
            #expect(topics.broadcast(2, to: "a").delivered == 1)
            try await simulation.runtime.quiet()
            #expect(try await members[0].notes == [])
            #expect(try await members[1].notes == ["1", "2"])
        }
    }

    @Test("A sender's own subscriptions are skipped where it asks for that (case 456)")
    func from() {
        withTopics { topics, simulation, members in
            for _ in 0..<2 { try topics.subscribe(members[0].ref, to: "a", Self.noting) }
            try topics.subscribe(members[1].ref, to: "a", Self.noting)
            #expect(topics.broadcast(1, to: "a", from: members[0].ref).delivered == 1)
            try await simulation.runtime.quiet()
            #expect(try await members[0].notes == [])
            #expect(try await members[1].notes == ["1"])
        }
    }

    @Test("A message for this node only reaches its subscribers, and one for another node nobody here (case 457)")
    func direct() {
        withTopics { topics, simulation, members in
            try topics.subscribe(members[0].ref, to: "a", Self.noting)
            let own = members[0].ref.id.node
            #expect(topics.broadcast(1, to: "a", onlyOn: own).delivered == 1)
            #expect(topics.broadcast(2, to: "a", onlyOn: own &+ 1).delivered == 0)
            try await simulation.runtime.quiet()
            #expect(try await members[0].notes == ["1"])
        }
    }

    @Test("Unsubscribing without a subscription is fine (case 460)")
    func unsubscribed() {
        withTopics { topics, _, members in
            topics.unsubscribe(members[0].ref, from: "a")
            try topics.subscribe(members[1].ref, to: "a", Self.noting)
            topics.unsubscribe(members[0].ref, from: "a")
            #expect(topics.subscriberCount(of: "a") == 1)
        }
    }

    @Test("Nothing arrives after a subscription was taken back, not even what was under way")
    func takenBack() {
        withTopics { topics, simulation, members in
            let subscription = try topics.subscribe(members[0].ref, to: "a", Self.noting)
            try topics.subscribe(members[0].ref, to: "a", Self.noting)
            try members[0].ref.cast { try await $0.spend(.seconds(1)) }
            topics.broadcast(1, to: "a")
            #expect(subscription.cancel())
            #expect(!subscription.cancel())
            try await simulation.runtime.sleep(for: .seconds(2))
            #expect(try await members[0].notes == ["1"])
            #expect(topics.subscriberCount(of: "a") == 1)
        }
    }

    @Test(
        "A dead subscriber is gone from every topic before anyone learns of its death, and is sent nothing (case 461)"
    )
    func dead() {
        withTopics { topics, _, members in
            for topic in ["a", "b", "c"] { try topics.subscribe(members[0].ref, to: topic, Self.noting) }
            let last = try topics.subscribe(members[1].ref, to: "c", Self.noting)
            members[0].context.onExit { _ in #expect(topics.topics == ["c"]) }
            members[0].ref.kill()
            #expect(topics.broadcast(1, to: "c").delivered == 1)
            members[1].ref.kill()
            #expect(!last.isActive)
            #expect(topics.topics.isEmpty)
            #expect(throws: CallError.self) { try topics.subscribe(members[0].ref, to: "a", Self.noting) }
            #expect(topics.topics.isEmpty)
        }
    }

    @Test(
        "A publisher that dispatches by itself gets every subscription with its metadata, its own included (case 462)"
    )
    func dispatch() {
        withTopics { topics, simulation, members in
            try topics.subscribe(members[0].ref, to: "a", metadata: "loud", Self.noting)
            try topics.subscribe(members[1].ref, to: "a", metadata: "quiet", Self.noting)
            try topics.subscribe(members[1].ref, to: "a", metadata: "loud", Self.noting)
            try topics.subscribe(members[2].ref, to: "a", Self.noting)
            try topics.subscribe(members[3].ref, to: "b", metadata: "loud", Self.noting)
            let seen = try await members[0].ref.call { member in
                try await member.spend(.nanoseconds(1))
                return topics.dispatch("a") { entries in
                    for entry in entries where entry.metadata as? String == "loud" { #expect(entry.hand(7)) }
                    return entries.map {
                        "\(members.map { AnyRef($0.ref) }.firstIndex(of: $0.process ?? AnyRef(members[3].ref)) ?? -1) \($0.metadata ?? "-")"
                    }
                }
            }
            #expect(seen == ["0 loud", "1 quiet", "1 loud", "2 -"])
            #expect(topics.dispatch("nobody's") { $0.count } == 0)
            #expect(throws: Boom.self) { try topics.dispatch("a") { _ in throw Boom() } }
            try await simulation.runtime.quiet()
            #expect(try await members[0].notes == ["7"])
            #expect(try await members[1].notes == ["7"])
            #expect(try await members[2].notes.isEmpty)
            #expect(try await members[3].notes.isEmpty)
        }
    }

    @Test("A message is delivered at most once and kept for nobody who comes later (case 464)")
    func atMostOnce() {
        withTopics { topics, simulation, members in
            topics.broadcast(1, to: "a")
            try topics.subscribe(members[0].ref, to: "a", Self.noting)
            topics.broadcast(2, to: "a")
            topics.unsubscribe(members[0].ref, from: "a")
            topics.broadcast(3, to: "a")
            try topics.subscribe(members[0].ref, to: "a", Self.noting)
            topics.broadcast(4, to: "a")
            try await simulation.runtime.sleep(for: .seconds(60))
            // What was under way when the subscription was taken back is lost too.
            #expect(try await members[0].notes == ["4"])
        }
    }

    @Test("A full mailbox costs its owner the message, is counted, and delays or costs nobody else anything")
    func full() {
        withTopics(mailboxLimit: 2) { topics, simulation, members in
            let slow = try topics.subscribe(members[0].ref, to: "a", Self.noting)
            try topics.subscribe(members[1].ref, to: "a", Self.noting)
            try members[0].ref.cast { try await $0.spend(.seconds(1)) }
            try await simulation.runtime.quiet()
            for message in 1...5 {
                let publication = topics.broadcast(message, to: "a")
                #expect(publication.missed == (message > 2 ? [AnyRef(members[0].ref)] : []))
                if message > 2 {
                    #expect(throws: MessageMissed.self) { try publication.requireAll() }
                } else {
                    try publication.requireAll()
                }
                try await simulation.runtime.quiet()
            }
            #expect(try await members[1].notes == ["1", "2", "3", "4", "5"])
            try await simulation.runtime.sleep(for: .seconds(1))
            #expect(try await members[0].notes == ["1", "2"])
            #expect(slow.missed == 3)
        }
    }

    @Test("One that must not miss anything is ended when it does")
    func crash() {
        withTopics(mailboxLimit: 1) { topics, simulation, members in
            try topics.subscribe(members[0].ref, to: "a", whenFull: .crash, Self.noting)
            try members[0].ref.cast { try await $0.spend(.seconds(1)) }
            try await simulation.runtime.quiet()
            topics.broadcast(1, to: "a")
            #expect(topics.broadcast(2, to: "a").missed == [AnyRef(members[0].ref)])
            guard case .crash(let error) = await members[0].ref.exitReason() else { return #expect(Bool(false)) }
            #expect((error as? MailboxOverrun)?.topic == "a")
        }
    }

    @Test("Messages of one publisher arrive in order, with handlers that suspend too")
    func order() {
        withTopics { topics, simulation, members in
            try topics.subscribe(members[0].ref, to: "a") { member, message in
                if message.isMultiple(of: 3) { try await member.spend(.milliseconds(1)) }
                member.note("\(message)")
            }
            try topics.subscribe(members[1].ref, to: "a", Self.noting)
            for message in 0..<20 { topics.broadcast(message, to: "a") }
            try await simulation.runtime.sleep(for: .seconds(1))
            #expect(try await members[0].notes == (0..<20).map { "\($0)" })
            #expect(try await members[1].notes == (0..<20).map { "\($0)" })
        }
    }

    @Test("A handler that throws ends its process, and the others still receive")
    func throwing() {
        withTopics { topics, simulation, members in
            try topics.subscribe(members[0].ref, to: "a") { member, _ in try member.crash() }
            try topics.subscribe(members[1].ref, to: "a", Self.noting)
            topics.broadcast(1, to: "a")
            try await simulation.runtime.quiet()
            #expect(members[0].ref.isDead)
            #expect(try await members[1].notes == ["1"])
        }
    }

    @Test("A sequence hands out what is published while it lives, and misses what its buffer cannot hold")
    func sequence() {
        withTopics { topics, simulation, _ in
            for kept in [TopicMessages<Int>.Kept.newest, .oldest] {
                topics.broadcast(0, to: "a")
                let messages = topics.messages(of: "a", buffering: 3, keeping: kept)
                for message in 1...5 { topics.broadcast(message, to: "a") }
                #expect(messages.missed == 2)
                messages.cancel()
                topics.broadcast(6, to: "a")
                var seen: [Int] = []
                for await message in messages { seen.append(message) }
                #expect(seen == (kept == .newest ? [3, 4, 5] : [1, 2, 3]))
                #expect(topics.topics.isEmpty)
            }
        }
    }

    @Test("A sequence's subscription ends with its consumer's task, and when nobody holds it")
    func sequenceEnds() {
        withTopics { topics, simulation, _ in
            let messages = topics.messages(of: "a")
            let consumer = simulation.runtime.spawn { for await _ in messages {} }
            try await simulation.runtime.quiet()
            #expect(topics.subscriberCount(of: "a") == 1)
            consumer.cancel()
            await consumer.value
            #expect(topics.subscriberCount(of: "a") == 0)
            _ = topics.messages(of: "b")
            #expect(topics.subscriberCount(of: "b") == 0)
        }
    }
}
