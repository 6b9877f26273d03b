import Foundation
import Mangrove
import MangroveStore
import Testing

/// The program, killed before one of its calls of the system that change a disk, for each of them.
///
/// A kill says nothing about flushing, because what was written is kept by the system: this is about order. What is found
/// afterwards must be the state before the verb or the one after it.
@Suite(
    "The program: killed at every call that changes the disk",
    .enabled("strace is not installed or may not trace here; set MANGROVE_REQUIRE_STRACE=1 to insist on it") {
        await Tracer.isExpected()
    }
)
struct KillAtCallTests {
    /// What changes a disk, with the names that some architectures have instead.
    private static let calls = [
        ["pwrite64"], ["fdatasync"], ["fsync"], ["ftruncate"], ["mkdir", "mkdirat"],
        ["rename", "renameat", "renameat2"], ["unlink", "unlinkat", "rmdir"],
    ]

    /// A thing that is done, and what must hold afterwards, however often it was cut off before.
    struct Job: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var words: [String]
        var input = ""
        /// What the store `orders` may have, as the numbers of its events: before and after.
        var outcomes: [[Int]] = [Array(0..<30)]
        /// Looks at what else there is to see.
        var check: @Sendable (Site) async throws -> Void = { _ in }
    }

    private static func line(_ number: Int, stream: String = "s") -> String {
        "{\"stream\":\"\(stream)\",\"type\":\"t\",\"data\":{\"n\":\(number)},\"id\":\"\(number)\"}\n"
    }

    private static func succeed(_ site: Site, _ words: String...) async throws {
        let outcome = try await Program.run(Site.program, site.onData(words))
        #expect(outcome.code == 0, "\(words): \(outcome.errors)")
    }

    /// The numbers of a store's events.
    private static func events(_ site: Site, _ store: String) async throws -> [Int] {
        let outcome = try await site.grove("read", store, "--all")
        #expect(outcome.code == 0, "\(store): \(outcome.errors)")
        return outcome.lines.compactMap { line in
            line.components(separatedBy: "{\"n\":").last.flatMap { Int($0.prefix { $0.isNumber }) }
        }
    }

    static let jobs: [Job] = [
        Job(
            testDescription: "append",
            words: ["append", "orders", "s"],
            input: (30..<33).map { "{\"type\":\"t\",\"data\":{\"n\":\($0)}}\n" }.joined(),
            outcomes: [Array(0..<30), Array(0..<33)]
        ),
        Job(
            testDescription: "import in batches",
            words: ["import", "orders", "--batch", "1"],
            input: (30..<40).map { line($0) }.joined(),
            outcomes: (30...40).map { Array(0..<$0) }
        ),
        Job(
            testDescription: "truncate and compact",
            words: ["compact", "orders"],
            outcomes: [Array(10..<30)]
        ),
        Job(
            testDescription: "create",
            words: ["stores", "create", "new"],
            check: { site in
                let stores = try await site.grove("stores").lines
                if stores.contains(where: { $0.hasPrefix("{\"id\":\"new\"") }) {
                    #expect(try await events(site, "new").isEmpty)
                } else {
                    try await succeed(site, "stores", "create", "new")
                }
            }
        ),
        Job(
            testDescription: "remove",
            words: ["stores", "remove", "stock"],
            check: { site in
                // Among the stores or among the kept ones, whole.
                let kept = try await site.grove("stores", "kept").lines
                if !kept.isEmpty { try await succeed(site, "stores", "revive", "stock") }
                #expect(kept.count <= 1)
                #expect(try await events(site, "stock") == [7])
            }
        ),
        Job(
            testDescription: "change of configuration",
            words: ["config", "put", "orders", "--setting", "partitions=3"],
            check: { site in
                let record = try await site.grove("config", "get", "orders")
                #expect(record.code == 0, "\(record.errors)")
                let inForce = try await site.grove("stores", "config", "orders").output
                #expect(record.output.contains("\"partitions\":3") == inForce.contains("\"partitions\":\"3\""))
            }
        ),
        Job(
            testDescription: "backup",
            words: ["backup", "--to", "BACKUPS"],
            check: { site in
                let checked = try await Program.run(Site.program, ["verify", "--backup", backups(site)])
                #expect(checked.code == 0, "\(checked.errors)")
                #expect(checked.lines.count == 2 || checked.lines.count == 4)
            }
        ),
        Job(
            testDescription: "restore",
            words: ["restore", "BACKUPS", "--store", "orders", "--as", "again", "--to", "DATA"],
            check: { site in
                let stores = try await site.grove("stores").lines
                guard stores.contains(where: { $0.hasPrefix("{\"id\":\"again\"") }) else { return }
                #expect(try await events(site, "again") == Array(0..<30))
            }
        ),
        Job(
            testDescription: "migrate",
            words: ["migrate", "orders", "stock"],
            check: { site in
                let copied = try await events(site, "stock").dropFirst()
                #expect(Array(copied) == Array(0..<copied.count))
                try await succeed(site, "migrate", "orders", "stock")
                #expect(try await events(site, "stock") == [7] + Array(0..<30))
            }
        ),
        Job(
            testDescription: "append to two stores",
            words: ["transact"],
            input: "{\"store\":\"orders\",\"stream\":\"s\",\"type\":\"t\",\"data\":{\"n\":30}}\n"
                + "{\"store\":\"stock\",\"stream\":\"s\",\"type\":\"t\",\"data\":{\"n\":8}}\n",
            outcomes: [Array(0..<30), Array(0...30)],
            check: { site in
                // Whoever opens the stores brings it to its end; one may be read before the other has got there.
                for _ in 0..<100 where try await !site.grove("transactions").lines.isEmpty {}
                #expect(try await site.grove("transactions").lines == [])
                let (orders, stock) = (try await events(site, "orders"), try await events(site, "stock"))
                #expect(orders.count - 30 == stock.count - 1)
            }
        ),
    ]

    private static func backups(_ site: Site) -> String { site.data.dropLast("data".count) + "backups" }

    private func prepare(_ site: Site, _ job: Job) async throws {
        let segments = ["--setting", "segmentBytes=4096"]
        _ = try await Program.run(Site.program, site.onData(["stores", "create", "orders"] + segments))
        try await Self.succeed(site, "stores", "create", "stock")
        let input = (0..<30).map { Self.line($0) }.joined()
        #expect(try await site.grove("import", "orders", "--batch", "3", input: input).code == 0)
        #expect(try await site.grove("import", "stock", input: Self.line(7)).code == 0)
        try await Self.succeed(site, "backup", "--to", Self.backups(site))
        if job.words[0] == "compact" { try await Self.succeed(site, "truncate", "orders", "s", "--before", "10") }
    }

    @Test("What was there before is there, or all of what was to be", arguments: jobs)
    func killed(_ job: Job) async throws {
        let site = Site()
        try await prepare(site, job)
        let root = String(site.data.dropLast("/data".count))
        for name in ["data", "backups"] {
            try FileManager.default.copyItem(atPath: root + "/" + name, toPath: root + "/good-" + name)
        }
        var kills = 0
        for names in Self.calls {
            // The first few, and of the rest, which are much the same, every fifth.
            for number in [1, 2, 3] + Array(stride(from: 5, to: 1_000, by: 5)) {
                for name in ["data", "backups"] {
                    try? FileManager.default.removeItem(atPath: root + "/" + name)
                    try FileManager.default.copyItem(atPath: root + "/good-" + name, toPath: root + "/" + name)
                }
                let injected = names.map { "?" + $0 }.joined(separator: ",")
                let words = job.words.map {
                    $0.replacingOccurrences(of: "BACKUPS", with: Self.backups(site))
                        .replacingOccurrences(of: "DATA", with: site.data)
                }
                let command = words[0] == "restore" ? words : site.onData(words)
                let outcome = try await Program.run(
                    "strace",
                    ["-f", "-qq", "-o", "/dev/null", "-e", "trace=\(injected)"]
                        + ["-e", "inject=\(injected):signal=SIGKILL:when=\(number)", Site.program] + command,
                    input: job.input
                )
                let what = "\(job.testDescription), killed at \(names[0]) \(number)"
                #expect(
                    outcome.code == 0 || outcome.code == 128 + SIGKILL,
                    "\(what): \(outcome.code) \(outcome.errors)"
                )
                let events = try await Self.events(site, "orders")
                #expect(job.outcomes.contains(events), "\(what): \(events)")
                try await job.check(site)
                let verified = try await site.grove("verify")
                #expect(verified.code == 0, "\(what): \(verified.errors)")
                // It ran to its end: it makes no more calls of the kind.
                if outcome.code == 0 {
                    #expect(events == job.outcomes.last, "\(what)")
                    break
                }
                kills += 1
            }
        }
        #expect(kills > 3, "\(job.testDescription) was killed \(kills) times only")
    }
}
