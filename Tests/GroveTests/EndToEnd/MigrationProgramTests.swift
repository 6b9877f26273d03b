import Testing

@testable import grove

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("The program: moving events")
struct MigrationProgramTests {
    private static func events(_ range: Range<Int>) -> String {
        range.map { number in
            "{\"stream\":\"s-\(number % 3)\",\"type\":\"t\",\"data\":{ \"n\" : [\(number), 1.50, \"\\u00e9\"] },"
                + "\"metadata\":{\"m\":\(number)},\"tags\":[\"x\",\"n-\(number)\"]}\n"
        }.joined()
    }

    @Test("What one store prints becomes byte for byte the same in another")
    func exportAndImport() async throws {
        let site = Site()
        for store in ["x", "y"] { #expect(try await site.grove("stores", "create", store).code == 0) }
        #expect(try await site.grove("import", "x", "--batch=7", input: Self.events(0..<50)).code == 0)
        let exported = try await site.grove("read", "x", "--all").output
        let imported = try await site.grove("import", "y", "--keep-times", input: exported)
        #expect(imported == .init(code: 0, output: "{\"events\":50,\"position\":49}\n", errors: ""))
        #expect(try await site.grove("read", "y", "--all").output == exported)
        // Twice is once.
        #expect(try await site.grove("import", "y", "--keep-times", input: exported).code == 0)
        #expect(try await site.grove("read", "y", "--all").output == exported)
        let timeless = try await site.grove("import", "y", "--keep-times", input: Self.events(0..<1))
        #expect(timeless.code == 1 && timeless.errors.hasSuffix("line 1: there is no \"created\"\n"))
    }

    @Test("Events are migrated between stores of one node, and from another node, while both serve")
    func migrate() async throws {
        let (site, other) = (Site(), Site())
        let node = try await site.serve("--store", "to", "--store", "copy")
        let source = try await other.serve("--store", "from")
        #expect(try await other.grove("import", "from", input: Self.events(0..<100)).code == 0)
        let follower = try site.start("migrate", "from", "to", "--from-data", other.data, "--follow")
        #expect(await follower.line() == "{\"events\":100,\"lag\":0}")
        #expect(try await other.grove("import", "from", input: Self.events(100..<110)).code == 0)
        #expect(await follower.line() == "{\"events\":110,\"lag\":0}")
        follower.signal(SIGKILL)
        _ = await follower.wait()
        #expect(try await other.grove("import", "from", input: Self.events(110..<111)).code == 0)
        let rest = try await site.grove("migrate", "from", "to", "--from-data", other.data)
        #expect(rest == .init(code: 0, output: "{\"events\":1,\"next\":111,\"lag\":0}\n", errors: ""))
        let all = try await other.grove("read", "from", "--all").output
        #expect(try await site.grove("read", "to", "--all").output == all)
        let some = try await site.grove("migrate", "to", "copy", "--stream=s-1", "--type=t")
        #expect(some.output == "{\"events\":37,\"next\":111,\"lag\":0}\n")
        #expect(try await site.grove("streams", "copy").output == "{\"stream\":\"s-1\",\"version\":36}\n")
        let nowhere = try await site.grove("migrate", "from", "to", "--from-data", site.data + "-none")
        #expect(nowhere.code == 1 && nowhere.errors.hasSuffix("no node is serving there\n"))
        for node in [node, source] {
            node.signal(SIGTERM)
            #expect(await node.wait() == 0)
        }
    }
}
