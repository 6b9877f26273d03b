import Mangrove
import MangroveStore

extension Demo {
    /// Kills the node, in a process of its own now, in the middle of appends; several times.
    func killNode() async throws {
        let rounds = 3
        print.step("The node as a process of its own, killed with SIGKILL in the middle of appends, \(rounds) times")
        var server = try await DemoServer.start(directory, runtime)
        let load = DemoLoad(runtime, ledger, server.gateway)
        for store in Self.stores { load.start(store, clients: 8, name: "remote") }
        for round in 1...rounds {
            let before = acknowledged
            // Not a round number, so that the kill falls anywhere in a write.
            let pause = 400_000 + Int(runtime.environment.randomness.next() % 200_000)
            try await runtime.sleep(for: .microseconds(pause))
            print.progress(round - 1, of: rounds, "round \(round)")
            load.use(nil)
            let processID = server.processID
            await server.kill(runtime)
            let killed = acknowledged - before
            let began = runtime.clock.now()
            server = try await DemoServer.start(directory, runtime)
            let took = began.duration(to: runtime.clock.now())
            load.use(server.gateway)
            print.endProgress()
            print.killed(processID, acknowledged: killed, back: took, as: server.processID)
        }
        try await runtime.sleep(for: .milliseconds(300))
        await load.stop()
        let code = await server.stop(runtime)
        let retried = Self.stores.reduce(0) { $0 + ledger.retried($1) }
        print.fact("clients", "\(Quantity.count(retried)) appends without an answer were made again with the same ids")
        print.fact("node", code == 0 ? "stopped in order" : "stopped with code \(code)")
    }

    private var acknowledged: Int { Self.stores.reduce(0) { $0 + ledger.acknowledged($1) } }

    /// Has a fresh process read the files, and compares them with what was acknowledged.
    /// - Returns: whether they agree.
    func audit() async throws -> Bool {
        print.step("A fresh process reads the files; what it finds is compared with what was acknowledged")
        var sound = true
        var table = Table(.left, .right, .right, .right, .right, .left)
        table.add("store", "acknowledged", "present once", "in the files", "streams", "")
        for store in Self.stores {
            let entries = ledger.entries(store)
            let directory = directory
            let audit = try await runtime.environment.blocking.run {
                var audit = DemoAudit(entries)
                var lines = LineSplitter()
                let reader = try ChildProgram(System.ownPath, ["read", store, "--all", "--data", directory])
                try reader.readOutput { piece in
                    lines.append(piece)
                    while let line = try lines.next() { try audit.take(line.bytes) }
                }
                lines.finish()
                while let line = try lines.next() { try audit.take(line.bytes) }
                let code = reader.wait()
                guard code == 0 else { throw Failure(.failure, "grove read ended with code \(code)") }
                audit.finish()
                return audit
            }
            let good = audit.problems.isEmpty && audit.present == entries.count
            sound = sound && good
            table.add(
                .init(store, .bold),
                .init(Quantity.count(entries.count)),
                .init(Quantity.count(audit.present)),
                .init(Quantity.count(audit.events)),
                .init(Quantity.count(audit.streams)),
                good ? .init("✓ in order, no gaps", .green) : .init("✗ " + audit.problems.joined(separator: "; "), .red)
            )
        }
        print.table(table)
        let directory = directory
        let code = try await runtime.environment.blocking.run {
            let verifier = try ChildProgram(System.ownPath, ["verify", "--data", directory])
            try verifier.readOutput { _ in }
            return verifier.wait()
        }
        print.fact("checksums", code == 0 ? "every record and every invariant verified" : "grove verify found damage")
        return sound && code == 0
    }
}

/// A node in a process of its own.
struct DemoServer {
    let gateway: SocketGateway
    private let program: ChildProgram

    var processID: Int32 { program.processID }

    /// Starts it and waits until it answers.
    static func start(_ directory: String, _ runtime: Runtime) async throws -> DemoServer {
        let program = try ChildProgram(System.ownPath, ["serve", "--data", directory])
        let deadline = runtime.clock.now().advanced(by: .seconds(30))
        while true {
            if let gateway = try? await SocketGateway.connect(dataDirectory: directory) {
                return DemoServer(gateway: gateway, program: program)
            }
            guard runtime.clock.now() < deadline else {
                program.signal(ChildProgram.killSignal)
                throw Failure(.failure, "the node did not answer within 30 s")
            }
            try await runtime.sleep(for: .milliseconds(1))
        }
    }

    /// Kills it, and waits until it is gone.
    func kill(_ runtime: Runtime) async {
        program.signal(ChildProgram.killSignal)
        _ = try? await runtime.environment.blocking.run { [program] in program.wait() }
        gateway.close()
    }

    /// Has it stop in order.
    /// - Returns: its exit code.
    func stop(_ runtime: Runtime) async -> Int32 {
        gateway.close()
        program.signal(ChildProgram.stopSignal)
        return (try? await runtime.environment.blocking.run { [program] in program.wait() }) ?? -1
    }
}
