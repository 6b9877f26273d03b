import Testing

@testable import Mangrove

@Suite("What a thread notes") struct ThreadDutyTests {
    @Test("Turns begin inside one another on a thread to a certain depth, and again when they have ended")
    func depth() {
        var depth = 0
        while depth < 1_000, ThreadDuty.descend() { depth += 1 }
        #expect(depth == 16)
        for _ in 0..<depth { ThreadDuty.climb() }
        #expect(ThreadDuty.descend())
        ThreadDuty.climb()
    }
}
