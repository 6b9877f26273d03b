import Testing

@testable import grove

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("The program: what stores keep")
struct KeepingProgramTests {
    @Test("Streams are truncated, deleted and ended, and the disk is given back", arguments: Way.allCases)
    func keeping(_ way: Way) async throws {
        let site = Site()
        if way == .inProcess { #expect(try await site.grove("stores", "create", "orders").code == 0) }
        let node = try await way.node(site)
        if way != .inProcess { #expect(try await site.grove("stores", "create", "orders").code == 0) }
        let event = "{\"type\":\"placed\",\"data\":{\"n\":1},\"tags\":[\"red\"]}\n"
        for stream in ["a", "b"] {
            let input = String(repeating: event, count: 5)
            #expect(try await site.grove("append", "orders", stream, input: input).code == 0)
        }
        let truncated = try await site.grove("truncate", "orders", "a", "--before", "3")
        #expect(truncated == .init(code: 0, output: "{\"stream\":\"a\",\"first\":3}\n", errors: ""))
        #expect(try await site.grove("read", "orders", "a").lines.count == 2)
        #expect(try await site.grove("read", "orders", "--all").lines.first?.contains("\"tags\":[\"red\"]") == true)
        #expect(try await site.grove("delete", "orders", "a").code == 0)
        #expect(try await site.grove("delete", "orders", "b", "--tombstone").code == 0)
        #expect(try await site.grove("append", "orders", "a", "--expect", "4", input: event).code == 0)
        let refused = try await site.grove("append", "orders", "b", input: event)
        #expect(refused == .init(code: 1, output: "", errors: "grove: stream 'b' has ended for good\n"))
        #expect(try await site.grove("streams", "orders").output == "{\"stream\":\"a\",\"version\":5}\n")
        let compacted = try await site.grove("compact", "orders")
        #expect(compacted.code == 0 && compacted.output.hasPrefix("{\"store\":\"orders\",\"segments\":0,"))
        #expect(try await site.grove("snapshots", "orders") == .init(code: 0, output: "", errors: ""))
        #expect(try await site.grove("verify", "orders").code == 0)
        if let node {
            node.signal(SIGTERM)
            #expect(await node.wait() == 0)
        }
    }
}
