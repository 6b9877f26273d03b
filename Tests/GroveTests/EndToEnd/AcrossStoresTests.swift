import Testing

@Suite("The program: several stores as one")
struct AcrossStoresProgramTests {
    @Test("What is appended to two stores is in both or in none, and can be read as one sequence")
    func transactAndMerge() async throws {
        let site = Site()
        for store in ["accounts", "ledger"] {
            #expect(try await site.grove("stores", "create", store).code == 0)
        }
        let lines = """
            {"store":"accounts","stream":"ann","expect":"none","type":"debited","data":{"amount":5}}
            {"store":"accounts","stream":"ann","type":"noted","data":1}
            {"store":"ledger","stream":"entries","type":"entered","data":{"from":"ann"}}

            """
        let done = try await site.grove("transact", input: lines)
        #expect(done.errors.isEmpty)
        #expect(
            done.lines == [
                "{\"store\":\"accounts\",\"stream\":\"ann\",\"version\":1,\"position\":1}",
                "{\"store\":\"ledger\",\"stream\":\"entries\",\"version\":0,\"position\":0}",
            ]
        )
        let again = try await site.grove("transact", input: lines)
        #expect(again.code == 3 && again.output.isEmpty)
        #expect(again.errors.hasPrefix("grove: wrong expected version: "))
        let merged = try await site.grove("merge", "ledger", "accounts")
        #expect(merged.lines.count == 3)
        #expect(merged.lines.allSatisfy { $0.hasPrefix("{\"store\":\"") && $0.hasSuffix("\"}}") })
        let rest = try await site.grove("merge", "ledger", "accounts", "--from", "accounts=1", "--from=ledger=1")
        #expect(rest.lines.count == 1 && rest.output.contains("\"type\":\"noted\""))
        #expect(try await site.grove("merge", "ledger", "accounts", "--count=2").lines.count == 2)
        #expect(try await site.grove("transactions").output.isEmpty)
        for (words, text) in [
            (["merge", "ledger", "--from", "other=1"], "--from takes STORE=POSITION"),
            (["transactions", "abandon", "x"], "'x' is not the id of a transaction"),
        ] {
            let wrong = try await Program.run(Site.program, site.onData(words))
            #expect(wrong.code == 2 && wrong.errors.contains(text))
        }
        let odd = try await site.grove("transact", input: "{\"store\":\"a\",\"stream\":\"s\",\"type\":\"t\",\"dat\":1}")
        #expect(odd.code == 1 && odd.errors.hasPrefix("grove: standard input: line 1: "))
        let unknown = "{\"store\":\"a\",\"stream\":\"s\",\"expect\":\"7x\",\"type\":\"t\",\"data\":1}"
        #expect(try await site.grove("transact", input: unknown).errors.contains("\"expect\" is none of"))
    }
}
