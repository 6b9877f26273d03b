import Mangrove
import MangroveTesting
import Testing

@Suite("Dynamic and partition supervisors") struct DynamicConformanceTests {
    private func withPool(
        maxChildren: Int? = nil,
        intensity: RestartIntensity = RestartIntensity(),
        _ body: @escaping @Sendable (Runtime, Address<DynamicSupervisorProcess>, Journal) async throws -> Void
    ) {
        simulate { simulation in
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor(intensity: RestartIntensity(100)) {
                    DynamicSupervisor("pool", name: "pool", maxChildren: maxChildren, intensity: intensity)
                }
            )
            try await body(runtime, runtime.address("pool", of: DynamicSupervisorProcess.self), Journal())
        }
    }

    @Test("Two children may have one id (case 159)")
    func sameID() {
        withPool { _, pool, journal in
            try await pool.startChild(scripted("a", journal))
            try await pool.startChild(scripted("a", journal))
            #expect(try pool.childCounts().active == 2)
        }
    }

    @Test("A name that is taken fails the start, and nothing is kept (case 160)")
    func nameTaken() {
        withPool { _, pool, journal in
            try await pool.startChild(scripted("a", journal, name: "n"))
            await #expect(throws: SupervisorError.self) { try await pool.startChild(scripted("a", journal, name: "n")) }
            #expect(try pool.childCounts().specs == 1)
            #expect(journal.all == ["start a"])
        }
    }

    @Test("A wrong specification is refused before the supervisor hears of it (case 161)")
    func invalid() {
        withPool { _, pool, journal in
            await #expect {
                try await pool.startChild(scripted("a", journal, shutdown: .within(.seconds(-1))))
            } throws: { error in
                if case SupervisorError.invalid(.negativeShutdown("a", .seconds(-1))) = error { true } else { false }
            }
        }
    }

    @Test("With as many children as allowed no start is run, and one that was restarted still counts (cases 162, 164)")
    func maxChildren() {
        for limit in [0, 1] {
            withPool(maxChildren: limit) { runtime, pool, journal in
                for _ in 0..<limit { try await pool.startChild(scripted("a", journal)) }
                _ = runtime.crash(at: "supervisor/pool/a", with: Boom())
                try await runtime.quiet()
                await #expect {
                    try await pool.startChild(scripted("b", journal))
                } throws: { error in
                    if case SupervisorError.maxChildren(limit) = error { true } else { false }
                }
                #expect(!journal.all.contains("start b"))
            }
        }
    }

    @Test("A restarted child is found by its new process, and one waiting for its restart by its last (cases 84, 167)")
    func keyedByProcess() {
        withPool(intensity: RestartIntensity(1_000_000)) { runtime, pool, journal in
            let first = try await pool.startChild(scripted("a", journal), as: Scripted.self)
            first?.kill()
            try await runtime.quiet()
            let second = try #require(runtime.process("pool/a"))
            #expect(second != first?.id)
            await #expect(throws: SupervisorError.self) { try await pool.terminateChild(try #require(first?.id)) }
            try await pool.terminateChild(second)

            let third = try await pool.startChild(
                scripted("b", journal, starts: [.works, .failsForEver]),
                as: Scripted.self
            )
            third?.kill()
            while try pool.children().first?.state != .restarting { await Task.yield() }
            try await pool.terminateChild(try #require(third?.id))
            #expect(try pool.childCounts().specs == 0)
        }
    }

    @Test("A child that is gone cannot be stopped again (case 144)")
    func stopTwice() {
        withPool { _, pool, journal in
            let child = try #require(try await pool.startChild(scripted("a", journal)) as ProcessID?)
            try await pool.terminateChild(child)
            await #expect(throws: SupervisorError.self) { try await pool.terminateChild(child) }
        }
    }

    @Test("A restart that finds nothing to start forgets the child")
    func ignoredOnRestart() {
        withPool { runtime, pool, journal in
            try await pool.startChild(scripted("a", journal, starts: [.works, .ignores]))
            _ = runtime.crash(at: "supervisor/pool/a", with: Boom())
            try await runtime.quiet()
            #expect(try pool.childCounts().specs == 0)
        }
    }

    // MARK: Partitions

    @Test(
        "A partition supervisor has its children 0 to n-1, and a key always leads to the same one (cases 172, 174, 180)"
    )
    func partitions() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor {
                    PartitionSupervisor("parts", name: "parts", partitions: 8) { _ in scripted("x", journal) }
                }
            )
            let parts = runtime.address("parts", of: SupervisorProcess.self)
            #expect(try parts.children().map(\.id) == (0..<8).map { ChildID($0) })
            for key in 0..<100 {
                let first = try parts.partition(for: "key \(key)", as: Scripted.self)
                #expect(try parts.partition(for: "key \(key)", as: Scripted.self) == first)
                let index = "key \(key)".stablePartition(of: 8)
                #expect(first.id == runtime.process("parts/\(index)"))
            }
            #expect(try root.childCounts().supervisors == 1)
        }
    }

    @Test("A partition that crashed is reached again under its keys, and the others are unaffected (case 181)")
    func partitionRestarts() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor {
                    PartitionSupervisor("parts", name: "parts", partitions: 4) { _ in scripted("x", journal) }
                }
            )
            let parts = runtime.address("parts", of: SupervisorProcess.self)
            let before = try (0..<4).map { try parts.child(ChildID($0), as: Scripted.self) }
            try await runtime.crash("parts/2")
            let after = try (0..<4).map { try parts.child(ChildID($0), as: Scripted.self) }
            #expect(zip(before, after).map { $0 == $1 } == [true, true, false, true])
            // A child added beside the partitions does not move the keys.
            let keys = try (0..<50).map { try parts.partition(for: $0, as: Scripted.self) }
            try await parts.startChild(scripted("beside", journal))
            #expect(try (0..<50).map { try parts.partition(for: $0, as: Scripted.self) } == keys)
        }
    }

    @Test("A hundred children started by key over the partitions exist once each (case 175)")
    func spread() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor {
                    PartitionSupervisor("parts", name: "parts", partitions: 4) { _ in DynamicSupervisor("d") }
                }
            )
            let parts = runtime.address("parts", of: SupervisorProcess.self)
            for key in 0..<100 {
                try await parts.partition(for: key, as: DynamicSupervisorProcess.self)
                    .startChild(scripted(ChildID(key), journal))
            }
            let ids = runtime.tree().nodes.filter { $0.kind == .worker }.compactMap { Int($0.id.text) }
            #expect(ids.sorted() == Array(0..<100))
        }
    }

    @Test("An unknown partition supervisor is no process (case 179)")
    func unknownPartitions() {
        simulate(seeds: 0..<1) { simulation in
            let parts = simulation.runtime.address("nowhere", of: SupervisorProcess.self)
            #expect(throws: CallError.self) { try parts.childCounts() }
            #expect(throws: CallError.self) { try parts.partition(for: 1, as: Scripted.self) }
        }
    }
}
