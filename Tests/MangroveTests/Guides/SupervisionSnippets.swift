import Mangrove
import MangroveTesting
import Testing

private actor Pool: ProcessActor {}

private actor Listener: ProcessActor {
    let port: Int

    init(port: Int) { self.port = port }
}

@Suite("What the supervision guide shows of running supervisors") struct SupervisionSnippets {
    @Test("Partitions can be taken out of use")
    func partitions() {
        simulate { simulation in
            try await simulation.runtime.start(
                Supervisor {
                    PartitionSupervisor("pool", name: "pool", partitions: 4) { _ in Worker("pool") { Pool() } }
                }
            )
            let pool = simulation.runtime.address("pool", of: SupervisorProcess.self)
            try await pool.resize(toPartitions: 2)
            #expect(try pool.childCounts().active == 2)
        }
    }

    @Test("A start tells what it has to say, and a specification can be used again")
    func information() {
        simulate { simulation in
            let supervisor = try await simulation.runtime.start(Supervisor {})
            let listener = Worker.informing("listener") { _ in
                let listener = Listener(port: 4_711)
                return (listener, info: listener.port)
            }
            let started = try await supervisor.startChild(listener, informing: Int.self)
            #expect(started?.info == 4_711)

            let spec = try supervisor.childSpec("listener")
            try await supervisor.startChild(spec.with { $0.id = "second listener" })
            #expect(try supervisor.childCounts().active == 2)
        }
    }
}
