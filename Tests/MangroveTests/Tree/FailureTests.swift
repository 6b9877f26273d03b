import MangroveTesting
import Testing

@testable import Mangrove

@Suite("The last failures of a child")
struct FailureTests {
    @Test("The tree shows how a child failed, oldest first, each time with its moment")
    func shown() throws {
        try Simulation(seed: 1).run { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor("root", intensity: RestartIntensity(100, within: .seconds(1))) {
                    Worker("fragile", name: "fragile") { Fragile() }
                    Worker("sound") { Fragile() }
                }
            )
            #expect(runtime.tree().node(at: "root/fragile")?.failures == [])
            let start = runtime.clock.civilMicroseconds()
            for number in 1...7 {
                try await runtime.sleep(for: .seconds(1))
                try runtime.address("fragile", of: Fragile.self).cast { try $0.fail(number) }
                try await runtime.sleep(for: .milliseconds(1))
            }
            let failures = try #require(runtime.tree().node(at: "root/fragile")?.failures)
            #expect(failures.map { String($0.what.suffix(5)) } == ["no. 3", "no. 4", "no. 5", "no. 6", "no. 7"])
            #expect(failures.map { ($0.microseconds - start) / 1_000_000 } == [3, 4, 5, 6, 7])
            #expect(runtime.tree().node(at: "root/sound")?.failures == [])
            #expect(runtime.tree().json.contains("\"failures\":[{\"atMicroseconds\":"))
            _ = await root.stop(.shutdown, within: nil)
        }
    }

    @Test("A start that fails is one, and a clean end of a child that may end is none")
    func kinds() throws {
        try Simulation(seed: 2).run { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor("root") {
                    DynamicSupervisor("pool", name: "pool")
                    Worker("once", name: "once", restart: .transient) { Fragile() }
                }
            )
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            await #expect(throws: SupervisorError.self) {
                try await pool.startChild(Worker("bad") { () throws -> Fragile in throw Broken(number: 1) })
            }
            try runtime.address("once", of: Fragile.self).cast { _ in throw Exit(.normal) }
            try await runtime.sleep(for: .seconds(1))
            #expect(runtime.tree().node(at: "root/once")?.failures == [])
            _ = await root.stop(.shutdown, within: nil)
        }
    }

    @Test("One that fails again and again pushes out nobody's failures but its own, and the book has an end")
    func bounds() {
        var book = FailureBook()
        book.add("root", "calm", .ended(.killed), at: 1)
        for number in 0..<10_000 { book.add("root", "wild", .ended(.killed), at: Int64(number)) }
        #expect(book.failures(of: "calm", under: "root").count == 1)
        #expect(book.failures(of: "wild", under: "root").map(\.microseconds) == [9_995, 9_996, 9_997, 9_998, 9_999])
        for number in 0..<FailureBook.pathsKept { book.add("root", ChildID("\(number)"), .ended(.killed), at: 2) }
        #expect(book.failures(of: "calm", under: "root").isEmpty)
        #expect(book.failures(of: "wild", under: "root").isEmpty)
        #expect(book.failures(of: "0", under: "root").count == 1)
    }
}

private struct Broken: Error, CustomStringConvertible {
    var number: Int
    var description: String { "no. \(number)" }
}

private actor Fragile: ProcessActor {
    func fail(_ number: Int) throws { throw Broken(number: number) }
}
