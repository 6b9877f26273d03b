import Mangrove

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
