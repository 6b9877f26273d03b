import Foundation
import Mangrove
import MangroveTesting
import Testing

// Without faults there is nothing to soak in.
#if DEBUG || MANGROVE_FAULTS
    @Suite("Soak") struct SoakTests {
        static let seeds = Seeds(500)
        /// What each seed must come to at least, for the run to mean anything.
        static let leastSteps = 1_500
        static let leastFaults = 3

        @Test(
            "Two stores keep all their promises under every kind of fault, at every fault point, over five hundred seeds"
        )
        func soak() async throws {
            let points = try DeclaredPoints.scan()
            let outcomes = await Self.run(Self.seeds, points)
            for outcome in outcomes { if let problem = outcome.problem { Issue.record("\(problem)") } }
            // A replayed seed alone need not show everything.
            guard outcomes.count > 1 else { return }
            Self.say(outcomes, points)
            for outcome in outcomes where outcome.problem == nil {
                let faults = outcome.faults.values.reduce(0, +)
                #expect(outcome.steps >= Self.leastSteps, "seed \(outcome.seed) took \(outcome.steps) steps")
                #expect(faults >= Self.leastFaults, "seed \(outcome.seed) had \(faults) faults")
            }
            for fault in SoakFault.allCases {
                #expect(outcomes.contains { $0.faults[fault] != nil }, "\(fault) never happened")
            }
            for point in points {
                #expect(outcomes.contains { $0.hit[point] != nil }, "nothing ever went wrong at \(point)")
            }
        }

        /// Runs the seeds two at a time: each is a thread's work.
        private static func run(_ seeds: Seeds, _ points: [String]) async -> [SoakOutcome] {
            await withTaskGroup(of: [SoakOutcome].self) { group in
                for part in 0..<2 {
                    group.addTask {
                        seeds.enumerated().filter { $0.offset % 2 == part }.map {
                            Soak.run(seed: $0.element, points: points)
                        }
                    }
                }
                return await group.reduce(into: []) { $0 += $1 }.sorted { $0.seed < $1.seed }
            }
        }

        private static func say(_ outcomes: [SoakOutcome], _ points: [String]) {
            func sum(_ part: (SoakOutcome) -> Int) -> Int { outcomes.reduce(0) { $0 + part($1) } }
            let time = outcomes.reduce(Duration.zero) { $0 + $1.virtualTime }
            var lines = [
                "\(outcomes.count) seeds: \(sum(\.steps)) steps, \(sum(\.acknowledged)) events acknowledged, "
                    + "\(sum(\.restarts)) restarts, \(time.components.seconds) virtual seconds"
            ]
            lines.append(
                SoakFault.allCases.map { fault in "\(fault) \(sum { $0.faults[fault] ?? 0 })" }.joined(separator: ", ")
            )
            lines.append(
                points.map { point in "\(point) \(sum { $0.hit[point] ?? 0 }) of \(sum { $0.reached[point] ?? 0 })" }
                    .joined(separator: ", ")
            )
            print(lines.joined(separator: "\n"))
        }

        /// Within how many seeds, from the first on, each way in which our own code can be wrong is found; the guide
        /// lists them.
        static let limits: [BrokenVariant: Int] = [
            .skipsFlush: 3, .acknowledgesEarly: 3, .reusesPosition: 5, .cutsTailSilently: 100, .servesDamage: 100,
            .forgetsWaiters: 5, .forgetsMonitor: 20, .restartsBeforeStopped: 10, .allowsOneRestartMore: 5,
            .losesLastCast: 3, .findsTheDead: 5,
        ]

        @Test(
            "Each way in which our own code can be made wrong is found within its number of seeds",
            arguments: BrokenVariant.allCases
        )
        func broken(variant: BrokenVariant) throws {
            let points = try DeclaredPoints.scan()
            let limit = try #require(Self.limits[variant], "how many seeds may it take?")
            let found = (0..<UInt64(limit)).lazy.map { Soak.run(seed: $0, points: points, broken: variant) }
                .first { $0.problem != nil }
            #expect(found != nil, "\(variant) was not found within \(limit) seeds")
            if let found { print("\(variant): seed \(found.seed), \(found.problem?.prefix(200) ?? "")") }
        }

        @Test("The guide lists each of them with the number of seeds within which it is found")
        func guide() throws {
            let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "Guides/testing-your-tree.md")
            let rows = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
            for (variant, limit) in Self.limits {
                let row = rows.first { $0.hasPrefix("| `\(variant)`:") }
                #expect(row?.contains("| \(limit) seeds |") == true, "\(variant)")
            }
            #expect(Set(Self.limits.keys) == Set(BrokenVariant.allCases))
            #expect(rows.count { $0.contains(" seeds |") } == Self.limits.count)
        }

        @Test("A declared fault point is found, and one that is only spoken of is not")
        func scan() throws {
            #expect(DeclaredPoints.points(in: "    try await faultPoint(\"a.b\")\n// faultPoint(\"c.d\")") == ["a.b"])
            #expect(DeclaredPoints.points(in: "try diskFaultPoint(\"a.b\", path)") == ["a.b"])
            let points = try DeclaredPoints.scan()
            #expect(points.contains("store.beforeFlush") && points.contains("supervisor.beforeStop"))
        }
    }
#endif
