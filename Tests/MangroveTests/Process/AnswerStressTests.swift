import Mangrove
import Testing

/// As ``StressTests``: real threads, for races that a simulation in one thread cannot have.
@Suite("Timers and answers under real threads") struct AnswerStressTests {
    private func withMember(_ body: (Ref<Member>) async throws -> Void) async throws {
        let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
        let root = try await runtime.start(Supervisor { Worker("member", restart: .temporary) { Member($0) } })
        try await body(try root.child("member", as: Member.self))
        await runtime.shutdown()
        #expect(runtime.processCount == 0)
    }

    @Test("A timer's turn runs or is taken back, never both and never neither")
    func timers() async throws {
        try await withMember { member in
            let ran = Lock<Set<Int>>([])
            let taken = Lock<Set<Int>>([])
            await withTaskGroup(of: Void.self) { group in
                for setter in 0..<4 {
                    group.addTask {
                        for number in setter * 500..<(setter + 1) * 500 {
                            let timer = member.cast(after: .microseconds(number % 50)) { _ in
                                ran.withLock { _ = $0.insert(number) }
                            }
                            for _ in 0..<number % 4 { await Task.yield() }
                            if timer.cancel() != nil { taken.withLock { _ = $0.insert(number) } }
                        }
                    }
                }
            }
            // What was not taken back has begun by now; this comes after it.
            try await member.call(timeout: nil) { _ in }
            let (done, back) = (ran.withLock { $0 }, taken.withLock { $0 })
            #expect(done.isDisjoint(with: back))
            #expect(done.count + back.count == 2_000)
        }
    }

    @Test("Every question has one outcome: the answer that counts, a reply let go, or the end of the process")
    func answers() async throws {
        struct Counts {
            var asking = 4
            var sent = 0
            var answered = 0
            var dropped = 0
            var ended = 0
        }
        try await withMember { member in
            let kept = Lock<[Reply<Int>]>([])
            let counts = Lock(Counts())
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<300 {
                            do {
                                _ = try await member.ask(timeout: nil) { _, reply in kept.withLock { $0.append(reply) }
                                }
                                counts.withLock { $0.answered += 1 }
                            } catch is ReplyDropped {
                                counts.withLock { $0.dropped += 1 }
                            } catch {
                                counts.withLock { $0.ended += 1 }
                            }
                        }
                        counts.withLock { $0.asking -= 1 }
                    }
                }
                for _ in 0..<3 {
                    group.addTask {
                        var number = 0
                        while counts.withLock({ $0.asking > 0 }) {
                            number += 1
                            // Sometimes looked at without being taken, so that two may answer at once.
                            let reply = kept.withLock { number % 3 == 0 ? $0.last : $0.popLast() }
                            if let reply, number % 7 != 0 {
                                let first = [reply.send(number), reply.send(0)]
                                counts.withLock { $0.sent += first.count { $0 } }
                            } else {
                                await Task.yield()
                            }
                            if counts.withLock({ $0.answered > 500 }) { member.kill() }
                        }
                    }
                }
            }
            let result = counts.withLock { $0 }
            #expect(result.answered == result.sent)
            #expect(result.answered + result.dropped + result.ended == 1_200)
            #expect(result.answered > 500)
            #expect(member.isDead)
        }
    }
}
