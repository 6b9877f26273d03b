import Mangrove
import MangroveTesting
import Testing

@Suite("Partition supervisors") struct PartitionConformanceTests {
    /// Runs `body` with a partition supervisor called `parts`, of scripted workers.
    private func withParts(
        _ count: Int,
        seeds: Range<UInt64> = 0..<8,
        strategy: Strategy? = nil,
        _ body: @escaping @Sendable (Simulation, Address<SupervisorProcess>, Journal) async throws -> Void
    ) {
        simulate(seeds: seeds) { simulation in
            let journal = Journal()
            @Sendable func part(_ number: Int) -> ChildSpec {
                scripted("x", journal).with { $0.name = ProcessName("part", key: "\(number)") }
            }
            try await simulation.runtime.start(
                Supervisor {
                    if let strategy {
                        PartitionSupervisor("parts", name: "parts", partitions: count, strategy: strategy, child: part)
                    } else {
                        PartitionSupervisor("parts", name: "parts", partitions: count, child: part)
                    }
                }
            )
            try await body(simulation, simulation.runtime.address("parts", of: SupervisorProcess.self), journal)
        }
    }

    @Test("Without a number there is one partition for each processor that is online (case 171)")
    func defaultCount() {
        simulate(seeds: 0..<1) { simulation in
            try await simulation.runtime.start(
                Supervisor { PartitionSupervisor("parts", name: "parts") { _ in scripted("x", Journal()) } }
            )
            let parts = simulation.runtime.address("parts", of: SupervisorProcess.self)
            #expect(try parts.childCounts().active == SystemProcessors.online)
            #expect(try parts.partitionCount() == SystemProcessors.online)
            #expect(SystemProcessors.online >= 1)
        }
    }

    @Test(
        "A partition supervisor has its children 0 to n-1, all from one closure, each restarted for itself (case 172)"
    )
    func children() {
        withParts(8) { simulation, parts, journal in
            #expect(try parts.children().map(\.id) == (0..<8).map { ChildID($0) })
            #expect(journal.take().count == 8)
            #expect(try parts.childCounts().active == 8)
            try await simulation.runtime.crash("parts/3")
            #expect(journal.all == ["stop x crash: Boom()", "start x"])
        }
        withParts(3, strategy: .oneForAll) { simulation, parts, journal in
            _ = journal.take()
            try await simulation.runtime.end("parts/1", .killed)
            #expect(journal.all.count { $0 == "start x" } == 3)
        }
    }

    @Test("Any hashable key leads to one of the partitions, and always to the same one (case 174)")
    func routing() {
        withParts(8, seeds: 0..<2) { simulation, parts, _ in
            var hit: Set<ProcessID> = []
            for key in 0..<200 {
                let text = try parts.partition(for: "key \(key)", as: Scripted.self)
                #expect(try parts.partition(for: "key \(key)", as: Scripted.self) == text)
                #expect(text.id == simulation.runtime.process("parts/\("key \(key)".stablePartition(of: 8))"))
                let number = try parts.partition(for: key, as: Scripted.self)
                #expect(try parts.partition(for: key, as: Scripted.self) == number)
                hit.formUnion([text.id, number.id])
            }
            #expect(hit.count == 8)
            // The same in every program and on every machine.
            #expect((0..<4).map { "key \($0)".stablePartition(of: 8) } == Self.knownPartitions)
        }
    }

    /// Worked out by hand from FNV-1a and the mixer of splitmix64.
    private static let knownPartitions = [2, 1, 1, 3]

    @Test("A hundred children started by key over the partitions exist once each (case 175)")
    func spread() {
        simulate { simulation in
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor {
                    PartitionSupervisor("parts", name: "parts", partitions: 4) { _ in DynamicSupervisor("d") }
                }
            )
            let parts = runtime.address("parts", of: SupervisorProcess.self)
            for key in 0..<100 {
                try await parts.partition(for: key, as: DynamicSupervisorProcess.self)
                    .startChild(scripted(ChildID(key), Journal()))
            }
            let workers = runtime.tree().nodes.filter { $0.kind == .worker }
            #expect(workers.compactMap { Int($0.id.text) }.sorted() == Array(0..<100))
            let perPartition = Dictionary(grouping: workers) { $0.path.split(separator: "/")[2] }
            #expect(perPartition.count == 4)
        }
    }

    @Test("The closure that describes a partition gets its number (case 176)")
    func number() {
        withParts(4, seeds: 0..<1) { simulation, parts, _ async throws in
            for number in 0..<4 {
                let named = simulation.runtime.address(ProcessName("part", key: "\(number)"), of: Scripted.self)
                #expect(try named.resolve() == parts.child(ChildID(number), as: Scripted.self))
            }
        }
    }

    @Test("Less than one partition is refused before anything starts, and a name is not needed (case 177)")
    func limits() {
        simulate(seeds: 0..<1) { simulation in
            let journal = Journal()
            for count in [0, -1, Int.min] {
                await #expect(throws: SpecError.partitions(count)) {
                    try await simulation.runtime.start(
                        Supervisor {
                            scripted("first", journal)
                            PartitionSupervisor("p", partitions: count) { _ in scripted("x", journal) }
                        }
                    )
                }
            }
            #expect(journal.all.isEmpty)
            let root = try await simulation.runtime.start(
                Supervisor { PartitionSupervisor("p", partitions: 1) { _ in scripted("x", journal) } }
            )
            #expect(try root.child("p", as: SupervisorProcess.self).partitionCount() == 1)
        }
    }

    @Test("Asking an unknown partition supervisor for its partitions or counts throws that there is none (case 179)")
    func unknown() {
        simulate(seeds: 0..<1) { simulation in
            let parts = simulation.runtime.address("nowhere", of: SupervisorProcess.self)
            func isNoProcess(_ error: any Error) -> Bool {
                if case CallError.noProcess = error { true } else { false }
            }
            #expect(performing: { try parts.childCounts() }, throws: isNoProcess)
            #expect(performing: { try parts.children() }, throws: isNoProcess)
            #expect(performing: { try parts.partitionCount() }, throws: isNoProcess)
            #expect(performing: { try parts.partition(for: 1, as: Scripted.self) }, throws: isNoProcess)
            await #expect(performing: { try await parts.resize(toPartitions: 1) }, throws: isNoProcess)
            let plain = try await simulation.runtime.start(Supervisor { scripted("a", Journal()) })
            #expect(await refusal { _ = try plain.partitionCount() } == "the supervisor has no partitions")
            #expect(await refusal { try await plain.resize(toPartitions: 1) } == "the supervisor has no partitions")
        }
    }

    @Test("Each child of a partition supervisor is the process that the keys of its partition lead to (case 180)")
    func listed() {
        withParts(8) { _, parts, _ in
            let children = try parts.children()
            #expect(children.count == 8)
            for key in 0..<100 {
                let partition = key.stablePartition(of: 8)
                #expect(try parts.partition(for: key, as: Scripted.self).id == children[partition].process)
            }
        }
    }

    @Test("A partition that crashed is reached again under its keys, and the others are unaffected (case 181)")
    func restarted() {
        withParts(4) { simulation, parts, journal in
            let before = try (0..<40).map { try parts.partition(for: $0, as: Scripted.self) }
            try await simulation.runtime.crash("parts/2")
            let after = try (0..<40).map { try parts.partition(for: $0, as: Scripted.self) }
            for key in 0..<40 {
                #expect((before[key] != after[key]) == (key.stablePartition(of: 4) == 2))
                #expect(!after[key].isDead)
            }
            // A child added beside the partitions does not move the keys.
            try await parts.startChild(scripted("beside", journal))
            #expect(try (0..<40).map { try parts.partition(for: $0, as: Scripted.self) } == after)
        }
    }

    @Test("The number of partitions in use can be lowered, and raised again up to the original (case 182)")
    func resized() {
        withParts(4) { _, parts, journal in
            func states() throws -> [Bool] { try parts.children().map { $0.process != nil } }
            func numbers(of keys: Range<Int>) throws -> Set<ProcessID> {
                Set(try keys.map { try parts.partition(for: $0, as: Scripted.self).id })
            }
            let original = try parts.children().map(\.process)
            _ = journal.take()
            try await parts.resize(toPartitions: 2)
            #expect(journal.take() == ["stop x shutdown", "stop x shutdown"])
            #expect(try states() == [true, true, false, false])
            let counts = try parts.childCounts()
            #expect((counts.specs, counts.active) == (4, 2))
            #expect(try parts.partitionCount() == 2)
            #expect(try numbers(of: 0..<100) == Set(original[..<2].compactMap { $0 }))

            try await parts.resize(toPartitions: 3)
            #expect(try states() == [true, true, true, false])
            try await parts.resize(toPartitions: 4)
            #expect(try states() == [true, true, true, true])
            #expect(try parts.children().prefix(2).map(\.process) == Array(original.prefix(2)))
            #expect(try numbers(of: 0..<100).count == 4)
            try await parts.resize(toPartitions: 4)

            #expect(await refusal { try await parts.resize(toPartitions: 5) }?.contains("original 4") == true)
            #expect(await refusal { try await parts.resize(toPartitions: -1) }?.contains("original 4") == true)
            #expect(try parts.partitionCount() == 4)

            try await parts.resize(toPartitions: 0)
            #expect(try parts.childCounts().active == 0)
            #expect(throws: CallError.self) { try parts.partition(for: 1, as: Scripted.self) }
            try await parts.resize(toPartitions: 1)
            #expect(try numbers(of: 0..<100).count == 1)
        }
    }

    @Test("Stopping a partition supervisor returns when it has ended, and its name is free then (case 184)")
    func stopped() {
        withParts(3) { _, parts, journal in
            let ref = try parts.resolve()
            _ = journal.take()
            let ended = await ref.stop(.normal, within: nil)
            #expect("\(ended)" == "normal")
            #expect(ref.isDead)
            #expect(journal.all.prefix(3) == ["stop x shutdown", "stop x shutdown", "stop x shutdown"])
        }
        simulate { simulation in
            let runtime = simulation.runtime
            @Sendable func parts() -> Supervisor {
                Supervisor("top") {
                    PartitionSupervisor("parts", name: "parts", partitions: 2) { _ in
                        scripted("x", Journal(), terminating: .seconds(1))
                    }
                }
            }
            for _ in 0..<3 {
                let top = try await runtime.start(parts())
                await top.stop(.normal, within: nil)
                #expect(throws: CallError.self) { try runtime.address("parts", of: SupervisorProcess.self).resolve() }
                #expect(runtime.processCount == 0)
            }
        }
    }
}
