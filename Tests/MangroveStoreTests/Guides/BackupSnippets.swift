import Mangrove
import MangroveStore
import MangroveTesting
import Testing

/// The code of the guide to backups, compiled and run.
@Suite struct BackupSnippets {
    private func print(_ items: Any...) {}

    @Test("What the guide to backups shows works")
    func backup() throws {
        try Simulation(seed: 1).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("orders")
            _ = try await gateway.append(to: "orders", stream: "a", expecting: .any, happenings(0..<10))

            var report: BackupReport?
            for try await update in gateway.backUp(BackupRequest(to: "/backups", stores: ["orders"], keeping: 7)) {
                switch update {
                case .progress(let progress): print("\(progress.done) of \(progress.total) bytes")
                case .backedUp(let made): report = made
                default: break
                }
            }

            #expect(report?.stores.map(\.events) == [10])
            await node.close()
        }
    }
}
