import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct RequestLogTests {
    @Test("A request travels with the id that its client gives it, and without one if it gives none")
    func wire() throws {
        let request = GatewayRequest.version(store: "x", stream: "s")
        for id in [nil, "", "checkout-4711", "\u{E9}\u{1F600}"] as [String?] {
            let tagged = TaggedRequest(id: id, request)
            #expect(try TaggedRequest(decoding: tagged.encoded) == tagged)
        }
        #expect(throws: WireError.self) { try TaggedRequest(decoding: [82, 0, 0, 0, 9, 65]) }
        #expect(throws: WireError.self) { try TaggedRequest(decoding: [82]) }
        #expect(throws: WireError.self) { try TaggedRequest(decoding: [82, 0, 0, 0, 1, 65]) }
        let long = TaggedRequest(id: String(repeating: "x", count: 1_000) + "\n", request)
        #expect(try TaggedRequest(decoding: long.encoded).id == String(repeating: "x", count: RequestID.maximum))
        #expect(RequestID.checked("a\nb\u{1B}[2Jc") == "ab[2Jc")
    }

    @Test(
        "What went wrong, was refused or took long is said with the request's id; what is the client's business is not"
    )
    func log() throws {
        try Simulation(seed: 1).run { simulation in
            let log = RequestLog(simulation.runtime)
            let request = GatewayRequest.append(store: "x", stream: "s", expected: .any, events: happenings(0..<3))
            let begin = log.now
            for error in [
                StoreError.wrongExpectedVersion(stream: "s", expected: .any, actual: 3), .noSuchStore("x"),
                .invalid("y"),
            ] {
                log.note("quiet", request, error, since: begin)
            }
            log.note("quiet", request, nil, since: begin)
            #expect(simulation.logs.events(named: "store.gateway.failed").isEmpty)
            log.note("mine", request, .unavailable(store: "x", why: "no disk"), since: begin)
            log.note(nil, request, .refused("no right"), since: begin)
            let failed = try #require(simulation.logs.events(named: "store.gateway.failed").first)
            let fields = failed.fields.map { "\($0.key)=\($0.value)" }
            #expect(fields == ["request=mine", "kind=append", "store=x", "error=store 'x' is unavailable: no disk"])
            let refused = try #require(simulation.logs.events(named: "store.gateway.refused").first)
            #expect("\(refused.fields[0].value)".count == 16)
            try await simulation.runtime.sleep(for: .seconds(2))
            log.note("slow", request, nil, since: begin)
            log.note("waits", .subscription(.next(feed: 1, most: 1)), nil, since: begin)
            let slow = simulation.logs.events(named: "store.gateway.slow")
            #expect(slow.count == 1 && slow.first.map { "\($0.fields[0].value)" } == "slow")
        }
    }
}
