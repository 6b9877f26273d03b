import Mangrove
import MangroveTesting
import Testing

// The code of the guides to programs and to the lifecycle, compiled. `GuideTests` finds each of their Swift blocks here.

private actor Index: ProcessActor {
    private var lines: [String] = []

    func add(_ line: String) { lines.append(line) }
}

private actor Stock: ProcessActor {}

private func gallery(_ index: Address<Index>) -> Supervisor {
    Supervisor("gallery", strategy: .restForOne) {
        Worker("index", name: "index") { Index() }
        Program("thumbnails", name: "thumbnails", executable: "thumbnailer", arguments: ["--stdin"]) { line, _ in
            try await index.call { $0.add(line) }
        }
    }
}

private func serve() async throws {
    let shop = Supervisor("shop") { Worker("stock") { Stock() } }
    try await Runtime().run(shop, stopWithin: .seconds(30))
}

@Suite struct ProgramSnippets {
    @Test("The script of the guide answers lines, and says bye when it is stopped")
    func script() {
        simulate { simulation in
            simulation.programs.define("thumbnailer") { program in
                program.onTermination { program in
                    try await program.print("bye")
                    program.end(.status(0))
                }
                while let line = try await program.readLine() { try await program.print("done \(line)") }
                return .status(0)
            }
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor { Program("p", executable: "thumbnailer") { line, _ in journal.add(line) } }
            )
            try await root.child("p", as: ProgramProcess.self).call { try $0.send(line: "x.png") }
            try await simulation.runtime.quiet()
            await root.stop(.shutdown)
            #expect(journal.all == ["done x.png", "bye"])
            #expect(simulation.programs.launched.map(\.signals) == [[15]])
        }
    }
}
