import Mangrove
import Testing

/// Registries, groups and topics under real threads: processes come, register, are killed at any moment, and nothing of
/// them may stay.
@Suite("Tables under real threads") struct TableStressTests {
    private func withPool(
        _ body: @escaping @Sendable (Runtime, Ref<DynamicSupervisorProcess>) async throws -> Void
    ) async throws {
        let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
        let root = try await runtime.start(Supervisor { DynamicSupervisor("pool", intensity: RestartIntensity(0)) })
        try await body(runtime, root.child("pool", as: DynamicSupervisorProcess.self))
        await runtime.shutdown()
        #expect(runtime.processCount == 0)
    }

    private static func member(_ pool: Ref<DynamicSupervisorProcess>) async throws -> Joined {
        let started = try await pool.startChild(
            Worker("member", restart: .temporary) { Member($0) },
            as: Member.self
        )
        let ref = try #require(started)
        return Joined(ref: ref, context: try await ref.call(timeout: nil) { $0.context })
    }

    @Test("Whatever is killed while it registers, joins and subscribes leaves nothing behind")
    func nothingStays() async throws {
        try await withPool { runtime, pool in
            let names = Registry<Int, Int>(partitions: 4)
            let shared = DuplicateRegistry<Int, Int>(partitions: 4)
            let groups = ProcessGroups<Int>(in: runtime)
            let topics = PubSub<Int, Int>(in: runtime, partitions: 4)
            let watcher = try await Self.member(pool)
            groups.watchAll(as: watcher.ref) { _, _ in }
            names.listen(as: watcher.ref, includingEnds: true) { _, _ in }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for worker in 0..<4 {
                    tasks.addTask {
                        for round in 0..<60 {
                            let member = try await Self.member(pool)
                            let killer = runtime.spawn { member.ref.kill() }
                            for step in 0..<20 {
                                let key = (step * 7 + worker) % 11
                                try? names.register(key, round, for: member.context)
                                shared.register(key, round, for: member.context)
                                try? groups.join(key, member.ref)
                                _ = try? topics.subscribe(member.ref, to: key) { member, _ in member.note("") }
                                if step.isMultiple(of: 3) {
                                    names.unregister(key, for: member.context)
                                    shared.unregister(key, for: member.context)
                                    try? groups.leave(key, member.ref)
                                    topics.unsubscribe(member.ref, from: key)
                                }
                                topics.broadcast(step, to: key)
                                if let found = names.find(key, as: Member.self) {
                                    _ = try? await found.call { $0.take() }
                                }
                            }
                            await killer.value
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            #expect(names.keys == [])
            #expect(names.count == 0)
            #expect(shared.count == 0)
            #expect(groups.groups == [])
            #expect(topics.topics == [])
        }
    }

    @Test("A name for which many start at once is held by one of them, and by nobody when all have been killed")
    func namesGoFromHandToHand() async throws {
        try await withPool { runtime, pool in
            let heard = Lock(0)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<4 {
                    tasks.addTask {
                        for round in 0..<300 {
                            let name = ProcessName("member", key: "\(round % 3)")
                            let child = Worker("member", name: name, restart: .temporary) { Member($0) }
                            let address = runtime.address(name, of: Member.self)
                            do {
                                guard let member = try await pool.startChild(child, as: Member.self) else { continue }
                                let killer = runtime.spawn { member.kill() }
                                _ = try? await address.call(timeout: nil) { $0.take() }
                                await killer.value
                                // To whomever it leads now, it is not to the dead.
                                if let found = try? address.resolve() { #expect(found != member) }
                                heard.withLock { $0 += 1 }
                            } catch SupervisorError.startFailed(_, SupervisorError.nameTaken(let taken, _)) {
                                #expect(taken == name)
                            }
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            #expect(heard.withLock { $0 } > 0)
            for key in 0..<3 {
                #expect(throws: CallError.self) {
                    try runtime.address(ProcessName("member", key: "\(key)"), of: Member.self).resolve()
                }
            }
            let lines = runtime.metrics().prometheus.split(separator: "\n")
            #expect(lines.contains("mangrove_registered_names 0"))
        }
    }

    @Test(
        "While the many keys of a dead process are being released none leads to it and each can be taken (K 189, K 190)"
    )
    func beingReleased() async throws {
        try await withPool { runtime, pool in
            let many = Registry<Int, Void>()
            let one = Registry<String, Void>()
            let heir = try await Self.member(pool)
            for _ in 0..<20 {
                let member = try await Self.member(pool)
                for key in 0..<4_000 { try many.register(key, for: member.context) }
                try one.register("key", for: member.context)
                let killer = runtime.spawn { member.ref.kill() }
                while !member.ref.isDead { await Task.yield() }
                #expect(one.find("key", as: Member.self) == nil)
                #expect(many.find(3_999, as: Member.self) == nil)
                try one.register("key", for: heir.context)
                one.unregister("key", for: heir.context)
                await killer.value
                #expect(many.count == 0)
            }
        }
    }

    @Test("A key fought over has one holder at a time, and its lock one too")
    func oneHolder() async throws {
        try await withPool { runtime, pool in
            let names = Registry<String, Int>()
            let (key, lock) = (Occupancy(), Occupancy())
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<8 {
                    tasks.addTask {
                        let member = try await Self.member(pool)
                        for round in 0..<200 {
                            if (try? names.register("key", round, for: member.context)) != nil {
                                key.enter()
                                await Task.yield()
                                key.leave()
                                names.unregister("key", for: member.context)
                            }
                            try await names.withLock("lock") {
                                lock.enter()
                                await Task.yield()
                                lock.leave()
                            }
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            #expect(key.most == 1)
            #expect(lock.most == 1)
            #expect(lock.entries == 1_600)
        }
    }

    @Test("Tasks that are awaited, shut down and killed at once all come to one end")
    func tasks() async throws {
        try await withPool { runtime, pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        for round in 0..<50 {
                            let task = try await pool.asyncNoLink { _ in
                                if round.isMultiple(of: 2) { await Task.yield() }
                                return round
                            }
                            switch (worker + round) % 4 {
                            case 0: #expect(try await task.value(within: nil) == round)
                            case 1: task.process.kill()
                            case 2: await task.shutdown(.brutalKill)
                            default: task.ignore()
                            }
                            let first = told(try await task.yield())
                            #expect(told(try await task.yield()) == first)
                            #expect(first != "nothing")
                        }
                        var sum = 0
                        for try await item in try pool.map(
                            0..<50,
                            maxConcurrency: 4,
                            ordered: worker % 2 == 0,
                            timeout: nil,
                            { $0 }
                        ) {
                            sum += try item.result.get()
                        }
                        #expect(sum == 1_225)
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}

/// How many are somewhere at once.
private final class Occupancy: Sendable {
    private let state = Lock((now: 0, most: 0, entries: 0))

    func enter() {
        state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
            state.entries += 1
        }
    }

    func leave() { state.withLock { $0.now -= 1 } }

    var most: Int { state.withLock { $0.most } }
    var entries: Int { state.withLock { $0.entries } }
}
