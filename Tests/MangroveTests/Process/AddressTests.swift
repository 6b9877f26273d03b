import Mangrove
import MangroveTesting
import Testing

private actor Named: ProcessActor {
    func next(_ rest: ArraySlice<Ref<Named>>) async throws -> Int {
        guard let first = rest.first else { return 0 }
        return try await first.call { try await $0.next(rest.dropFirst()) } + 1
    }
}

private actor Other: ProcessActor {}

@Suite("Addresses") struct AddressTests {
    @Test("A process that is still starting has its name, and is not found by it")
    func starting() {
        simulate { simulation in
            let runtime = simulation.runtime
            let address = runtime.address("one", of: Named.self)
            runtime.spawn {
                _ = try? await runtime.start(
                    Supervisor {
                        Worker("one", name: "one") { _ in
                            try await runtime.sleep(for: .seconds(2))
                            return Named()
                        }
                    }
                )
            }
            try await runtime.sleep(for: .seconds(1))
            #expect(throws: CallError.self) { try address.resolve() }
            await #expect(throws: SupervisorError.self) {
                try await runtime.start(Supervisor("second") { Worker("two", name: "one") { Named() } })
            }
            try await runtime.sleep(for: .seconds(2))
            #expect(try address.resolve().path == "supervisor/one")
        }
    }

    @Test("An address leads to no process of another kind than it says, and the error says whose the name is")
    func otherKind() {
        simulate(seeds: 0..<2) { simulation in
            try await simulation.runtime.start(Supervisor { Worker("one", name: "one") { Named() } })
            let address = simulation.runtime.address("one", of: Other.self)
            for _ in 0..<2 {
                #expect {
                    try address.resolve()
                } throws: { error in
                    guard case CallError.noProcess(let what) = error else { return false }
                    return what == "'one' as Other: it belongs to another kind of process"
                }
            }
        }
    }

    @Test("Calls that may suspend can be made inside one another to any depth")
    func deepCalls() {
        simulate(seeds: 0..<2) { simulation in
            let runtime = simulation.runtime
            try await runtime.start(Supervisor { DynamicSupervisor("pool", name: "pool") })
            let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
            var chain: [Ref<Named>] = []
            for _ in 0..<3_000 {
                chain.append(try #require(try await pool.startChild(Worker("link") { Named() }, as: Named.self)))
            }
            let links = chain
            let depth = try await links[0].call(timeout: nil) { try await $0.next(links.dropFirst()) }
            #expect(depth == 2_999)
        }
    }
}
