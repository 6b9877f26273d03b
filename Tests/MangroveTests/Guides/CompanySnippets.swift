import Mangrove
import MangroveTesting
import Testing

actor Player: ProcessActor {
    private(set) var heard: [String] = []

    init(_ name: String, in lobby: Lobby, _ context: ProcessContext) throws {
        try lobby.players.register(name, 0, for: context)
        try lobby.tables.join("poker", context.ref(as: Player.self))
        try lobby.news.subscribe(context.ref(as: Player.self), to: "poker") { player, line in player.hear(line) }
    }

    func hear(_ line: String) { heard.append(line) }
}

struct Lobby: Sendable {
    let players = Registry<String, Int>()
    let tables: ProcessGroups<String>
    let news: PubSub<String, String>
}

/// The code of the guide to names, groups and tasks, compiled and run.
@Suite struct CompanySnippets {
    @Test("What the guide says of keys, groups and topics is so")
    func lobby() {
        simulate { simulation in
            let runtime = simulation.runtime
            let lobby = Lobby(tables: ProcessGroups(in: runtime), news: PubSub(in: runtime))
            let root = try await runtime.start(
                Supervisor {
                    for name in ["ann", "bob"] { Worker(ChildID(name)) { try Player(name, in: lobby, $0) } }
                }
            )
            lobby.news.broadcast("ann raises", to: "poker")
            let heard = try await lobby.players.find("bob", as: Player.self)?.call { $0.heard }
            #expect(heard == ["ann raises"])
            #expect(lobby.tables.members(of: "poker", as: Player.self).count == 2)
            await root.stop()
            #expect(lobby.tables.groups.isEmpty)
        }
    }

    @Test("What the guide says of tasks and agents is so")
    func tasks() {
        simulate { simulation in
            let runtime = simulation.runtime
            @Sendable func fetch(_ page: String) async throws -> String {
                try await runtime.sleep(for: .seconds(1))
                return page + "!"
            }
            let pages = try await runtime.start(Supervisor("pages") { TaskSupervisor("jobs", maxChildren: 100) })
            let jobs = try pages.child("jobs", as: DynamicSupervisorProcess.self)
            let task = try await jobs.asyncNoLink { _ in try await fetch("index") }
            let index = try await task.value(within: .seconds(10))
            var sizes: [String: Int] = [:]
            for try await item in try jobs.map(["a", "b", "c"], maxConcurrency: 2, { try await fetch($0) }) {
                sizes[item.input] = try item.result.get().count
            }
            #expect(index == "index!")
            #expect(sizes == ["a": 2, "b": 2, "c": 2])
            try await runtime.start(Supervisor("state") { Agent("counts", name: "counts") { [String: Int]() } })
            let counts = runtime.address("counts", of: AgentProcess<[String: Int]>.self)
            try await counts.update { $0["apples", default: 0] += 1 }
            let apples = try await counts.get { $0["apples"] }
            #expect(apples == 1)
        }
    }
}
