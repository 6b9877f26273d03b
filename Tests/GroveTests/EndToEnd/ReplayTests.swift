import Testing

/// A failing test of the guide's, run by the test program as a program of its own.
@Suite struct ReplayTests {
    private func run(_ filter: String, seed: String?) async throws -> Program.Outcome {
        var environment = ["MANGROVE_SHOW_FAILURE": "1"]
        environment["MANGROVE_SEED"] = seed
        return try await Program.run(
            Program.ownPath,
            ["--testing-library", "swift-testing", "--filter", filter],
            environment: environment
        )
    }

    #if os(Linux)
        @Test("A failing seed prints a command that runs exactly it, with a trace that two programs agree on")
        func replay() async throws {
            let all = try await run("ShopTests/careless", seed: nil)
            #expect(all.code != 0)
            let text = all.output + all.errors
            let pattern =
                #/replay: MANGROVE_SEED=(\d+) swift test --filter '(\^MangroveTests\\\.ShopTests.careless.*)'/#
            let command = try #require(text.firstMatch(of: pattern), "\(text.suffix(2_000))")
            let (seed, filter) = (String(command.1), String(command.2))
            #expect(!text.contains("trace of seed"))

            let first = try await run(filter, seed: seed)
            let second = try await run(filter, seed: seed)
            let traces = [first, second].map { outcome in
                (outcome.output + outcome.errors).split(separator: "\n").map(String.init)
                    .filter { $0.hasPrefix("step ") || $0.hasPrefix("trace of seed ") }
            }
            #expect(traces[0] == traces[1])
            #expect(traces[0].first?.hasPrefix("trace of seed \(seed), ") == true, "\(first.output.suffix(2_000))")
            #expect(traces[0].contains { $0.hasSuffix("started shop/stock") })
            #expect(traces[0].count { $0.hasSuffix(" of shop/stock") } >= 5)
            for outcome in [first, second] {
                #expect(outcome.code != 0)
                #expect((outcome.output + outcome.errors).contains("replay: MANGROVE_SEED=\(seed) "))
            }
        }
    #endif
}
