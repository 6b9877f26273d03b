import Foundation
import Mangrove
import MangroveTesting
import Testing

// The code of the guide on testing.

private actor Stock: ProcessActor {
    private(set) var left: Int

    init(_ left: Int) { self.left = left }

    func set(_ left: Int) { self.left = left }

    func sell() throws -> Bool {
        guard left > 0 else { return false }
        left -= 1
        try faultPoint("stock.sold")
        return true
    }
}

private typealias Sale = @Sendable (Address<Stock>) async throws -> Bool

private let sellCarelessly: Sale = { stock in
    let left = try await stock.call { $0.left }
    guard left > 0 else { return false }
    try await stock.call { $0.set(left - 1) }
    return true
}

private let sell: Sale = { stock in
    try await stock.call { try $0.sell() }
}

/// Two customers buy at once; how many of the two pieces were sold or are left.
private func shopping(_ seed: UInt64, _ sell: @escaping Sale) throws -> Int {
    try Simulation(seed: seed).run { simulation in
        let runtime = simulation.runtime
        try await runtime.start(Supervisor("shop") { Worker("stock", name: "stock") { Stock(2) } })
        let stock = runtime.address("stock", of: Stock.self)
        let sold = Lock(0)
        for _ in 0..<2 {
            runtime.spawn {
                if (try? await sell(stock)) == true { sold.withLock { $0 += 1 } }
            }
        }
        try await simulation.quiet()
        let left = try await stock.call { $0.left }
        await runtime.shutdown()
        return sold.withLock { $0 } + left
    }
}

/// Set by the test that looks at how a failure is shown.
private let showsFailure = ProcessInfo.processInfo.environment["MANGROVE_SHOW_FAILURE"] == "1"

@Suite("The shop of the guide on testing") struct ShopTests {
    @Test(.replayable, arguments: Seeds(200)) func nothingIsSoldTwice(seed: UInt64) throws {
        #expect(try shopping(seed, sell) == 2)
    }

    @Test(.enabled(if: showsFailure), .replayable, arguments: Seeds(200)) func careless(seed: UInt64) throws {
        #expect(try shopping(seed, sellCarelessly) == 2)
    }

    @Test("A sale that is two turns goes wrong under some seeds, and under others not")
    func bug() throws {
        let failing = try Seeds(200).filter { try shopping($0, sellCarelessly) != 2 }
        #expect(!failing.isEmpty && failing.count < 200)
        #expect(try Seeds(200).filter { try shopping($0, sellCarelessly) != 2 } == failing)
    }

    @Test func stockComesBack() throws {
        try Simulation(seed: 1).run { simulation in
            let runtime = simulation.runtime
            let intensity = RestartIntensity(10, within: .seconds(5))
            try await runtime.start(
                Supervisor("shop", intensity: intensity) { Worker("stock", name: "stock") { Stock(9) } }
            )
            let stock = runtime.address("stock", of: Stock.self)

            simulation.faults.inject(.crash, at: .turn(3), of: "shop/stock")
            simulation.faults.inject(.kill, at: .point("stock.sold"), of: .workers, skipping: 3)
            simulation.faults.failStart(of: "shop/stock", times: 2)
            for _ in 0..<6 {
                _ = try? await stock.call { try $0.sell() }
                try await simulation.quiet()
            }

            try await simulation.eventually(within: .seconds(1)) { try await stock.call { $0.left } > 0 }
            try simulation.expectRestarts(of: "shop/stock", 4)
            try simulation.expectQuiescent()
            try simulation.faults.expectAllHappened()
            try await simulation.never(for: .seconds(3_600), "the stock is restarted again") {
                runtime.tree().node(at: "shop/stock")?.restarts != 4
            }
            await runtime.shutdown()
        }
    }

    @Test func aScript() throws {
        try Simulation(seed: 1).run { simulation in
            let order = EventOrder()
            try await simulation.runtime.start(
                Supervisor("shop", strategy: .restForOne) {
                    ScriptedWorker("stock", order, starts: [.works, .fails, .takes(.seconds(1))])
                    ScriptedWorker("orders", order)
                }
            )
            try simulation.crash("shop/stock")
            try await simulation.runtime.sleep(for: .seconds(2))
            #expect(order.take().suffix(3) == ["fail stock", "start stock", "start orders"])
            await simulation.runtime.shutdown()
        }
    }

    @Test func asWritten() throws {
        try Transcript.check("Transcripts/shop.txt", trees: ["shop": { Self.tree }])
    }

    private static var tree: Supervisor {
        Supervisor("shop", strategy: .restForOne) {
            Worker("stock", name: "stock") { Stock(9) }
            ScriptedWorker("orders", EventOrder())
        }
    }
}
