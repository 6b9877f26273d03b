import Mangrove
import MangroveTesting
import Testing

@Suite("Processes: answering") struct ReplyConformanceTests {
    @Test("Of several answers to one call the first is delivered, and after the caller has gone none (case 236)")
    func first() {
        withServer { simulation, server, _ in
            let runtime = simulation.runtime
            let replies = Lock<[Reply<Int>]>([])
            let answers = Lock<[Int]>([])
            let caller = runtime.spawn {
                let answer = try? await server.ask { _, reply in replies.withLock { $0.append(reply) } } as Int
                answers.withLock { $0.append(answer ?? -1) }
            }
            try await runtime.quiet()
            let reply = try #require(replies.withLock { $0.first })
            #expect([1, 2, 3].map { reply.send($0) } == [true, false, false])
            #expect(reply.isAnswered)
            await caller.value
            #expect(!reply.send(4))
            #expect(answers.withLock { $0 } == [1])
            let given = runtime.spawn {
                _ = try? await server.ask { _, reply in replies.withLock { $0.append(reply) } } as Int
                answers.withLock { $0.append(-2) }
            }
            try await runtime.quiet()
            given.cancel()
            await given.value
            #expect(replies.withLock { $0.last }?.send(5) == false)
            #expect(answers.withLock { $0 } == [1, -2])
        }
    }

    @Test("A second answer is dropped, in the same turn or later, and reaches no other call (case 259)")
    func twice() {
        withServer { simulation, server, _ in
            let late = Lock<Reply<Int>?>(nil)
            let one = try await server.ask { _, reply in
                reply.send(1)
                #expect(!reply.send(2))
                #expect(!reply.fail(Boom()))
                late.withLock { $0 = reply }
            }
            #expect(one == 1)
            #expect(late.withLock { $0 }?.send(3) == false)
            #expect(try await server.ask { _, reply in reply.send(4) } == 4)
            #expect(try await server.call { $0.state } == 0)
            #expect(!server.isDead)
        }
    }

    @Test("An answer given with a decision to stop comes after terminate, and before the end is known (case 260)")
    func answerAndStop() {
        withServer(terminating: .seconds(2)) { simulation, server, journal in
            let answer = try await server.ask { server, reply in
                reply.send(server.state + 7, stopping: .shutdown)
                journal.add("turn over")
            }
            #expect(answer == 7)
            #expect(simulation.clock.now().nanoseconds == 2_000_000_000)
            #expect(journal.all == ["start server", "turn over", "stop server shutdown"])
            #expect("\(await server.exitReason())" == "shutdown")
        }
    }

    @Test("A process that ends in a call without an answer tells its caller the reason, after terminate (case 261)")
    func exitInCall() {
        for form in 0..<3 {
            withServer(terminating: .seconds(2)) { simulation, server, journal in
                let runtime = simulation.runtime
                await #expect {
                    switch form {
                    case 0: try await server.call { try $0.leave(.shutdown) }
                    case 1:
                        try await server.call { server in
                            try await runtime.quiet()
                            try server.leave(.shutdown)
                        }
                    default: try await server.ask { server, _ in try server.leave(.shutdown) }
                    }
                } throws: { error in
                    if case CallError.exited(.shutdown) = error { true } else { false }
                }
                #expect(journal.all == ["start server", "stop server shutdown"])
            }
        }
    }

    @Test("What a start leaves for the process to do first is done before anything that others have sent it (case 266)")
    func continueAfterStart() {
        simulate(seeds: 0..<20) { simulation in
            let runtime = simulation.runtime
            let keys = Registry<String, Void>()
            let root = try await runtime.start(Supervisor {})
            let start = runtime.spawn {
                _ = try? await root.startChild(
                    Worker("a") { context in
                        try context.ref(as: Member.self).cast { member in
                            try await member.spend(.seconds(1))
                            member.note("first")
                        }
                        try keys.register("a", for: context)
                        try await runtime.sleep(for: .seconds(1))
                        return Member(context)
                    }
                )
            }
            try await runtime.quiet()
            let address = keys.address("a", of: Member.self)
            for number in 0..<3 { try address.cast { $0.note("\(number)") } }
            let notes = try await address.call { $0.take() }
            #expect(notes == ["first", "0", "1", "2"])
            await start.value
        }
    }

    @Test(
        "What follows an answer in its turn is done while the caller goes on, before the next turn, and may stop it (case 267)"
    )
    func continueAfterAnswer() {
        withServer(terminating: .zero) { simulation, server, journal in
            let runtime = simulation.runtime
            try server.cast { _ in try await runtime.sleep(for: .seconds(1)) }
            let caller = runtime.spawn {
                let answer = try? await server.ask { _, reply in
                    reply.send(1)
                    try await runtime.sleep(for: .seconds(3))
                    journal.add("continued")
                    try await runtime.sleep(for: .seconds(1))
                    journal.add("continued again")
                    throw Exit(.shutdown)
                }
                journal.add("answer \(answer ?? -1) \(runtime.clock.now().nanoseconds / 1_000_000_000)")
            }
            try await runtime.quiet()
            try server.cast { _ in journal.add("next turn") }
            await caller.value
            #expect("\(await server.exitReason())" == "shutdown")
            #expect(
                journal.all == [
                    "start server", "answer 1 1", "continued", "continued again", "stop server shutdown",
                ]
            )
        }
    }

    @Test("An answer can be given in a later turn, while other turns come and go, by any task")
    func later() {
        withServer { simulation, server, journal in
            let runtime = simulation.runtime
            let waiting = Lock<[Reply<Int>]>([])
            let callers = (0..<3).map { number in
                runtime.spawn {
                    let answer = try? await server.ask { _, reply in waiting.withLock { $0.append(reply) } } as Int
                    journal.add("\(answer ?? -1)")
                }
            }
            try await runtime.quiet()
            #expect(try await server.call { $0.state } == 0)
            try server.cast { _ in for reply in waiting.withLock({ $0 }) { reply.send(7) } }
            for caller in callers { await caller.value }
            #expect(journal.all == ["start server", "7", "7", "7"])
        }
    }

    @Test(
        "A question whose means to answer is let go, or that fails, fails its caller; one that fails later ends the process"
    )
    func dropped() {
        withServer { simulation, server, _ in
            #expect(await error { try await server.ask { _, _ in } as Int } == "\(ReplyDropped())")
            #expect(await error { try await server.ask { _, _ in throw Boom() } as Int } == "\(Boom())")
            #expect(!server.isDead)
            #expect(await error { try await server.ask { _, reply in reply.fail(Boom()) } as Int } == "\(Boom())")
            #expect(!server.isDead)
            let answer = try await server.ask { _, reply in
                reply.send(1)
                throw Boom()
            }
            #expect(answer == 1)
            #expect("\(await server.exitReason())" == "crash: Boom()")
        }
    }

    @Test("Thousands of questions answered later leave nothing behind, and those owed at the end are all told")
    func many() {
        withServer(seeds: 0..<2) { simulation, server, _ in
            let kept = Lock<[Reply<Int>]>([])
            for number in 0..<2_000 {
                #expect(try await server.ask { _, reply in reply.send(number) } == number)
            }
            let told = Lock(0)
            let callers = (0..<50).map { _ in
                simulation.runtime.spawn {
                    let ended = await error {
                        try await server.ask(timeout: nil) { _, reply in kept.withLock { $0.append(reply) } } as Int
                    }
                    if ended == "the process exited: killed" { told.withLock { $0 += 1 } }
                }
            }
            try await simulation.runtime.quiet()
            server.kill()
            for caller in callers { await caller.value }
            #expect(told.withLock { $0 } == 50)
        }
    }
}
