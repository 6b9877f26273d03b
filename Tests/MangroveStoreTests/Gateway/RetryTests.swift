import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("Requests that are made again") struct RetryTests {
    private static let use = StoreLimitUse(.disk, limit: 1, used: 2)

    /// What a request comes to whose first try has an unknown outcome, and whose second one fails like this.
    private func outcome(
        second: any Error,
        first: StoreError = .outcomeUnknown(store: "east", why: "it ended"),
        recognized: Bool = true
    ) throws -> StoreError? {
        try Simulation(seed: 1).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            try await node.gateway.createStore("east")
            let tries = Lock(0)
            let error = await #expect(throws: StoreError.self) {
                try await node.gateway.retrying("east", appends: true, recognized: recognized) {
                    let number = tries.withLock { tries in
                        tries += 1
                        return tries
                    }
                    throw number == 1 ? first : second
                }
            }
            await node.close()
            return error
        }
    }

    @Test(
        "What a later try is refused leaves open what an earlier one did",
        arguments: [
            .refused("store 'east' is inactive"), .noSuchStore("east"),
            .damaged(store: "east", file: "f", offset: 1, what: "rot"), .streamDeleted("s"),
        ] as [StoreError]
    )
    func refused(_ second: StoreError) throws {
        #expect(try outcome(second: second) == .outcomeUnknown(store: "east", why: "\(second)"))
        #expect(try outcome(second: second, first: .unavailable(store: "east", why: "starting")) == second)
    }

    @Test("A caller that is cancelled between two tries is told that the outcome is open")
    func cancelled() throws {
        #expect(
            try outcome(second: CancellationError())
                == .outcomeUnknown(store: "east", why: "\(CancellationError())")
        )
    }

    @Test(
        "A store that has looked for what was asked, and refuses it, is believed; one that does not know it again is not",
        arguments: [
            .wrongExpectedVersion(stream: "s", expected: .noStream, actual: 4), .limitReached(store: "east", use),
        ] as [StoreError]
    )
    func looked(_ second: StoreError) throws {
        #expect(try outcome(second: second) == second)
        let open = StoreError.outcomeUnknown(store: "east", why: "\(second)")
        #expect(try outcome(second: second, recognized: false) == open)
    }
}
