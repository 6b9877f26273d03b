import Mangrove
import MangroveTesting
import Testing

@Suite("Agents") struct AgentConformanceTests {
    private func withAgent(
        _ body: @escaping @Sendable (Address<AgentProcess<Int>>, Runtime, Ref<SupervisorProcess>) async throws -> Void
    ) {
        simulate { simulation in
            let root = try await simulation.runtime.start(Supervisor { Agent(name: "counter") { 10 } })
            let agent = simulation.runtime.address("counter", of: AgentProcess<Int>.self)
            try await body(agent, simulation.runtime, root)
        }
    }

    @Test("An agent's state is what its closure returns, and one whose closure throws does not start (case 341)")
    func start() {
        withAgent { agent, _, root in
            let state = try await agent.get { $0 }
            #expect(state == 10)
            await #expect(throws: SupervisorError.self) {
                try await root.startChild(Agent<Int>("bad", name: "bad") { throw Boom() })
            }
            let children = try root.children()
            #expect(children.count == 1)
        }
    }

    @Test("Get, update, get-and-update and cast run in the agent one after the other, and none is lost (case 342)")
    func workflow() {
        withAgent { agent, runtime, _ in
            try await agent.update { $0 += 1 }
            #expect(try await agent.get { "\($0)" } == "11")
            let before = try await agent.getAndUpdate { state in
                defer { state *= 2 }
                return state
            }
            #expect(before == 11)
            try agent.castUpdate { $0 += 5 }
            try agent.castUpdate { $0 *= 2 }
            #expect(try await agent.get { $0 } == 54)
            // Changes that suspend do not interleave.
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        try? await agent.update { state in
                            let seen = state
                            if number.isMultiple(of: 2) { try await runtime.sleep(for: .milliseconds(1)) }
                            state = seen + 1
                        }
                    }
                }
            }
            #expect(try await agent.get { $0 } == 64)
        }
    }

    @Test("An error thrown by a change goes to the caller; thrown by a cast it ends the agent")
    func throwing() {
        withAgent { agent, runtime, _ in
            let first = try agent.resolve()
            await #expect(throws: Boom.self) {
                try await agent.update { state in
                    state = 99
                    throw Boom()
                }
            }
            #expect(try await agent.get { $0 } == 99)
            try agent.castUpdate { _ in throw Boom() }
            let second = try await agent.resolve(after: first)
            #expect(first.isDead)
            #expect(try await second.get { $0 } == 10)
        }
    }

    @Test("A caller that waits too long gets an error, and the agent makes the change all the same (case 345)")
    func timeout() {
        withAgent { agent, runtime, _ in
            let began = runtime.clock.now()
            await #expect(throws: CallError.self) {
                try await agent.update { state in
                    try await runtime.sleep(for: .seconds(6))
                    state = 1
                }
            }
            #expect(began.duration(to: runtime.clock.now()) == .seconds(5))
            await #expect(throws: CallError.self) { try await agent.get(timeout: .milliseconds(1)) { $0 } }
            let state = try await agent.get { $0 }
            #expect(state == 1)
        }
    }

    @Test("A supervised agent that ended, however, is there again with the state its closure makes (case 346)")
    func restart() {
        withAgent { agent, runtime, root in
            let first = try agent.resolve()
            try await agent.update { $0 = 77 }
            first.kill()
            let second = try await agent.resolve(after: first)
            #expect(try await second.get { $0 } == 10)
            try await second.update { $0 = 78 }
            await second.stop(.normal)
            #expect(try await agent.resolve(after: second).get { $0 } == 10)
            #expect(try root.children().first?.restarts == 2)
            #expect(try root.children().first?.id == "agent")
            #expect(try root.children().first?.restart == .permanent)
        }
    }

    @Test("A stopped agent's name is free at once (case 347)")
    func stop() {
        simulate { simulation in
            let root = try await simulation.runtime.start(
                Supervisor { Agent("one", name: "counter", restart: .temporary) { 1 } }
            )
            let agent = simulation.runtime.address("counter", of: AgentProcess<Int>.self)
            let reason = try await agent.resolve().stop()
            #expect("\(reason)" == "normal")
            #expect(throws: CallError.self) { try agent.resolve() }
            try await root.startChild(Agent("two", name: "counter", restart: .temporary) { 2 })
            #expect(try await agent.get { $0 } == 2)
        }
    }
}
