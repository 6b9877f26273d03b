import Mangrove
import MangroveTesting
import Testing

@Suite("Shutdown with one deadline for a whole tree") struct ShutdownDeadlineTests {
    private func lines(_ report: ShutdownReport) -> [String] {
        report.overruns.map { "\($0.path) \($0.phase) \($0.limit)" }
    }

    @Test("A tree that ends in time is stopped in order, and nobody is named")
    func inTime() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor {
                    scripted("a", journal, terminating: .seconds(1))
                    scripted("b", journal, shutdown: .brutalKill)
                    Supervisor("sub") { scripted("c", journal, terminating: .seconds(2)) }
                }
            )
            _ = journal.take()
            let report = await root.shutdown(within: .seconds(4))
            #expect(report.overruns.isEmpty)
            #expect(report.duration == .seconds(3))
            #expect(journal.all == ["stop c shutdown", "stop a shutdown"])
            #expect("\(await root.exitReason())" == "shutdown")
        }
    }

    @Test("At the deadline all that lives is killed, and who overran, who was not asked and who was starting is named")
    func deadline() {
        simulate(leavingTimers: true) { simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            try await runtime.start(
                Supervisor {
                    scripted("first", journal, terminating: .seconds(1))
                    DynamicSupervisor("pool", name: "pool")
                    scripted("slow", journal, shutdown: .within(.seconds(2)), terminating: .seconds(50))
                }
            )
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            for (id, limit) in [("brief", 3), ("long", 30)] {
                try await pool.startChild(
                    scripted(ChildID(id), journal, shutdown: .within(.seconds(limit)), terminating: .seconds(60))
                )
            }
            let begin = runtime.clock.now()
            let report = await runtime.shutdown(within: .seconds(7))
            #expect(begin.duration(to: runtime.clock.now()) == .seconds(7))
            #expect(report.duration == .seconds(7))
            #expect(
                lines(report) == [
                    "supervisor/slow stopping policy", "supervisor/pool/brief stopping policy",
                    "supervisor/first notAsked deadline", "supervisor/pool/long stopping deadline",
                ]
            )
            #expect(simulation.logs.events(named: "process.shutdown.overran").count == 4)
            #expect(runtime.processCount == 0)
        }
    }

    @Test("A child still starting at the deadline has its start cancelled, and what it returns late is thrown away")
    func starting() {
        simulate(leavingTimers: true) { simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            let root = try await runtime.start(Supervisor { scripted("a", journal) })
            let starter = runtime.spawn {
                _ = try? await root.startChild(
                    Worker("late") { context in
                        await runtime.spawn { try? await runtime.sleep(for: .seconds(20)) }.value
                        journal.add("returned, cancelled: \(Task.isCancelled)")
                        return Scripted("late", journal, context.runtime, terminating: nil)
                    }
                )
            }
            try await runtime.quiet()
            let report = await root.shutdown(within: .seconds(3))
            #expect(Set(lines(report)) == ["supervisor/a notAsked deadline", "supervisor/late starting deadline"])
            await starter.value
            try await runtime.sleep(for: .seconds(30))
            #expect(journal.all == ["start a", "returned, cancelled: true"])
            #expect(simulation.logs.events(named: "process.start.late").count == 1)
            #expect(runtime.processCount == 0)
        }
    }

    @Test("The deadline is handed down to every process that is asked to stop")
    func handedDown() {
        simulate { simulation in
            let runtime = simulation.runtime
            let contexts = Lock<[ProcessContext]>([])
            let seen = Lock<[RuntimeInstant?]>([])
            let root = try await runtime.start(
                Supervisor {
                    DynamicSupervisor("pool", name: "pool")
                    Supervisor("sub") {
                        Worker("a") { context in
                            contexts.withLock { $0.append(context) }
                            return Scripted("a", Journal(), context.runtime, terminating: .seconds(1))
                        }
                    }
                }
            )
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            try await pool.startChild(
                Supervisor("below") {
                    Worker("b") { context in
                        contexts.withLock { $0.append(context) }
                        return Scripted("b", Journal(), context.runtime, terminating: .seconds(1))
                    }
                }
            )
            for context in contexts.withLock({ $0 }) {
                #expect(context.shutdownDeadline == nil)
                context.onExit { _ in seen.withLock { $0.append(context.shutdownDeadline) } }
            }
            let deadline = runtime.clock.now().advanced(by: .seconds(9))
            _ = await root.shutdown(within: .seconds(9))
            #expect(seen.withLock { $0 } == [deadline, deadline])
            contexts.withLock { $0 = [] }
        }
    }
}
