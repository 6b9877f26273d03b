import Mangrove
import MangroveStore
import Testing

@testable import grove

@Suite struct BackupTests {
    private static let made = Timestamp(microseconds: 0)

    @Test("backup asks for all stores or some, and says what it has of each")
    func backup() async throws {
        let bench = Bench()
        let store = BackupReport.Store(id: "orders", events: 3, record: 2, bytes: 99)
        var report = BackupReport(target: "/b", number: 7, made: Self.made, stores: [store], copied: 40)
        report.removed = [1, 2]
        bench.gateway.script.withLock {
            $0 = [.progress(OperationProgress(subject: "orders", done: 1, total: 2)), .backedUp(report)]
        }
        #expect(await bench.run("backup", "--to", "/b/", "--keep=2") == .done)
        #expect(
            bench.lines == [
                "{\"store\":\"orders\",\"events\":3,\"bytes\":99}",
                "{\"backup\":7,\"made\":\"1970-01-01T00:00:00.000000Z\",\"copied\":40,\"removed\":[1,2]}",
            ]
        )
        report.missing = ["x": "no disk"]
        bench.gateway.script.withLock { $0 = [.backedUp(report)] }
        let words = ["--to=/b", "--store=x", "--store=orders", "--limit=1000"]
        #expect(await bench.run("backup", words[0], words[1], words[2], words[3]) == .incomplete)
        #expect(bench.complaint == "grove: the backup is there, but without 'x' (no disk)\n")
        #expect(await bench.run("backup", "--to=/b", "--store=all") == .incomplete)
        let asked = bench.gateway.operations.withLock { $0 }
        #expect(
            asked == [
                .backUp(BackupRequest(to: "/b/", keeping: 2)),
                .backUp(BackupRequest(to: "/b", stores: ["x", "orders"], bytesPerSecond: 1000)),
                .backUp(BackupRequest(to: "/b")),
            ]
        )
    }

    @Test("restore asks for a point in time, and says what is there now")
    func restore() async throws {
        let bench = Bench()
        let stores = [RestoreReport.Store(id: "orders", restoredAs: "copy", events: 3)]
        bench.gateway.script.withLock {
            $0 = [.restored(RestoreReport(number: 2, made: Self.made, stores: stores))]
        }
        #expect(await bench.run("restore", "/b", "--to=/", "--store=orders", "--as=copy", "--until=9") == .done)
        #expect(await bench.run("restore", "/b", "--to=/", "--number=2") == .done)
        let time = "--until-time=1970-01-01T01:00:01.5+01:00"
        #expect(await bench.run("restore", "/b", "--to=/", "--store=orders", time) == .done)
        #expect(
            bench.lines.prefix(2) == [
                "{\"store\":\"orders\",\"as\":\"copy\",\"events\":3}",
                "{\"backup\":2,\"made\":\"1970-01-01T00:00:00.000000Z\"}",
            ]
        )
        #expect(
            bench.gateway.operations.withLock { $0 } == [
                .restore(RestoreRequest(from: "/b", store: "orders", as: "copy", upTo: .position(9))),
                .restore(RestoreRequest(from: "/b", number: 2)),
                .restore(
                    RestoreRequest(from: "/b", store: "orders", upTo: .time(Timestamp(microseconds: 1_500_000)))
                ),
            ]
        )
        #expect(bench.opened.allSatisfy { $0 == "/ create" })
    }

    @Test("verify --backup prints what is wrong with each backup, and needs no node")
    func verify() async throws {
        let bench = Bench()
        bench.backups = [1, 2].map { number in
            BackupCheckReport(
                number: number,
                made: Self.made,
                store: "orders",
                events: 1,
                bytes: 2,
                problems: number == 2 ? ["bad"] : []
            )
        }
        #expect(await bench.run("verify", "--backup=backups", "--number=1", data: nil) == .done)
        #expect(await bench.run("verify", "--backup=backups", data: nil) == .damaged)
        let end = "\"store\":\"orders\",\"events\":1,\"bytes\":2,\"problems\":[\"bad\"]}"
        #expect(bench.lines.last?.hasSuffix(end) == true)
        #expect(bench.complaint == "grove: damaged: backup 2; what is wrong stands in \"problems\"\n")
        #expect(await bench.run("verify", "--backup=nowhere", data: nil) == .failure)
        #expect(bench.opened.isEmpty)
    }

    @Test(
        "What cannot be meant is refused with what is wrong",
        arguments: [
            (["backup"], "backup needs --to DIR"),
            (["backup", "--to=x", "--keep=0"], "--keep must be a whole number, 1 or more, not '0'"),
            (["restore", "b"], "restore needs --to DIR"),
            (["restore", "b", "--to=d", "--as=x"], "--as means something with --store only"),
            (["restore", "b", "--to=d", "--until=3"], "a point in time is that of one store: it takes --store"),
            (
                ["restore", "b", "--to=d", "--store=s", "--until=3", "--until-time=2026-01-01T00:00:00Z"],
                "restore takes --until or --until-time, not both"
            ),
            (
                ["restore", "b", "--to=d", "--store=s", "--until-time=yesterday"],
                "--until-time must be a moment like 2026-01-31T09:05:00Z, not 'yesterday'"
            ),
            (["verify", "s", "--backup=b"], "verify takes STORE or --backup, not both"),
            (["verify", "s", "--number=1"], "--number means something with --backup only"),
        ]
    )
    func usage(_ words: [String], _ message: String) {
        #expect(throws: UsageError(message)) { try Command(words) { _ in nil } }
    }

    @Test(
        "A moment is read as RFC 3339 writes it",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999999Z", -1),
            ("2000-02-29t12:00:00.5z", 951_825_600_500_000),
            ("2026-01-31T09:05:00.000250+01:30", 1_769_844_900_000_250), ("1970-01-01T00:00:00-00:01", 60_000_000),
            ("0000-03-01T00:00:00Z", -62_162_035_200_000_000), ("1970-01-01T00:00:00.1234567Z", 123_456),
        ]
    )
    func moments(_ text: String, _ microseconds: Int64) {
        #expect(Timestamp(text) == Timestamp(microseconds: microseconds))
        let time = Timestamp(microseconds: microseconds)
        #expect(Timestamp(time.description) == time)
    }

    @Test(
        "What is no moment is not taken for one",
        arguments: [
            "", "2026-01-31", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-31T24:00:00Z",
            "2026-1-31T00:00:00Z",
            "2026-01-31T00:00:00", "2026-01-31T00:00:00.Z", "2026-01-31T00:00:00Zx", "2026-01-31T00:00:00+1:00",
            "2026-01-31T00:60:00Z", "1900-02-29T00:00:00Z", "2026-01-00T00:00:00Z",
        ]
    )
    func noMoments(_ text: String) {
        #expect(Timestamp(text) == nil)
    }
}
