import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

/// Backups and restores on a simulated disk, step by step and by hand.
struct BackupBench {
    /// All that can be seen of a store: what a restored one is compared by.
    struct Sight: Equatable {
        var events: [RecordedEvent]
        var streams: [StreamInfo]
        var facts: [FactSpace: [FactKey: [UInt8]]]
        var count: Int

        init(_ engine: StoreEngine) throws {
            events = try engine.all
            streams = engine.streams()
            count = engine.eventCount
            facts = [:]
            for space in FactSpace.allCases {
                for fact in try engine.facts(space) { facts[space, default: [:]][fact.key] = fact.value }
            }
        }
    }

    let disk: SimulatedDisk
    let target: BackupTarget

    init(_ disk: SimulatedDisk, target: String = "backups") {
        self.disk = disk
        self.target = BackupTarget(disk: disk, path: target)
    }

    /// Takes the cuts of stores and begins a backup of them.
    func begin(
        _ engines: [StoreEngine],
        made: Timestamp = epoch,
        copied: [String: BackupManifest.File] = [:]
    ) throws -> (run: BackupRun, pins: [LogPin]) {
        let lock = try target.take()
        let cuts = try StoreEngine.cut(engines)
        let sources = Dictionary(uniqueKeysWithValues: engines.map { ($0.store, $0.directory) })
        let run = try BackupRun(
            target,
            lock: lock,
            cuts: cuts.map(\.cut),
            sources: sources,
            made: made,
            copied: copied
        )
        return (run, cuts.map(\.pin))
    }

    /// Makes a backup.
    /// - Parameter between: what happens between its steps.
    @discardableResult
    func backUp(
        _ engines: StoreEngine...,
        made: Timestamp = epoch,
        between: () throws -> Void = {}
    ) throws -> BackupReport {
        var (run, pins) = try begin(engines, made: made)
        while try run.step() != nil { try between() }
        for pin in pins { pin.release() }
        return try #require(run.report)
    }

    /// Restores into a data directory, as a node would.
    @discardableResult
    func restore(
        store: String? = nil,
        as newID: String? = nil,
        number: Int? = nil,
        upTo point: RestoreRequest.Point = .end,
        into data: String = "restored"
    ) throws -> RestoreReport {
        let directory = try DataDirectory(disk: disk, path: data, owner: "1")
        defer { directory.close() }
        let request = RestoreRequest(from: target.path, number: number, store: store, as: newID, upTo: point)
        var identities: UInt64 = 0
        var run = try RestoreRun(request, into: data, on: disk) {
            identities += 1
            return StoreIdentity(high: 1, low: identities)
        }
        while try run.step() {}
        try RestoreStage(disk: disk, data: data).publish(run.ids)
        return run.report
    }

    /// The stores that whoever opens a data directory finds.
    func stores(in data: String = "restored") throws -> [String] {
        let directory = try DataDirectory(disk: disk, path: data, owner: "1")
        defer { directory.close() }
        return try directory.stores().map {
            switch $0 {
            case .store(let manifest): manifest.store
            case .damaged(let store, _), .missing(let store, _): store + " is damaged"
            }
        }
    }

    /// What can be seen of a restored store; it is sound.
    func sight(of store: String = "orders", in data: String = "restored") throws -> Sight {
        let (engine, report) = try StoreEngine.open(disk: disk, directory: data + "/" + store)
        #expect(report.torn == nil && (report.checkpoint != nil || engine.eventCount == 0))
        #expect(try engine.verify().problems == [])
        defer { engine.abandon() }
        return try Sight(engine)
    }

    /// The problems of all backups.
    func problems() throws -> [String] {
        try BackupCheck(target).run().flatMap(\.problems)
    }
}

extension StoreEngine {
    /// Some of everything: events of several streams, batches, settings, facts.
    func fill(_ numbers: Range<Int>, size: Int = 200) throws {
        for number in numbers {
            let batch = [
                StreamBatch(stream: "a", events: [MangroveStoreTests.event(number, size: size)]),
                StreamBatch(stream: "b-\(number % 3)", events: [MangroveStoreTests.event(number)]),
            ]
            _ = try stageFully(AppendRequest(batch))
            try record(FactChange(.snapshots, FactKey("k\(number % 4)"), [UInt8](repeating: 7, count: 100)))
            if number % 7 == 6 { _ = try stage(.truncate(before: number / 2), of: "a") }
            try flushStaged()
        }
    }
}
