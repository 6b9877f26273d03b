import Mangrove
import MangroveTesting

@testable import MangroveStore

/// Drives one store through appends, rollovers, checkpoints, crashes and failing disks by a seed, and checks after every
/// reopening that it holds what it must.
///
/// The oracle is a plain list of the batches of events and of changes of facts, in the order they were staged. A store may
/// have forgotten batches from the end of it, whole ones only, and none that was acknowledged or that a reader has seen.
struct CrashRun {
    /// What was found wrong.
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    private struct Seen: Equatable {
        var stream: String
        var event: NewEvent
    }

    let power: SimulatedDisk
    private let disk: any Disk
    private let policies: [CrashPolicy]
    private let ahead: Int
    private var generator: SeededGenerator
    private enum Batch {
        case events([Seen])
        case facts([FactChange])
    }

    private var batches: [Batch] = []
    /// How many batches must be there.
    private var kept = 0
    private var nextEvent = 0
    /// How many crashes there were.
    private(set) var crashes = 0

    /// - Parameters:
    ///   - ahead: how much space is prepared behind the records.
    ///   - wrap: puts something between the engine and the disk.
    init(seed: UInt64, policies: [CrashPolicy], ahead: Int = 0, wrap: (SimulatedDisk) -> any Disk = { $0 }) {
        generator = SeededGenerator(seed: seed)
        power = SimulatedDisk(seed: generator.next())
        disk = wrap(power)
        self.policies = policies
        self.ahead = ahead
    }

    /// - Throws: `Problem`, or what the engine threw where it must not throw.
    mutating func run(rounds: Int) throws {
        // Under the wrapper: the store itself is there in any case.
        _ = try TestStore(power)
        let store = try TestStore(disk, segmentSize: 4 << 10, ahead: ahead)
        for _ in 0..<rounds {
            do {
                if Int.random(in: 0..<4, using: &generator) == 0 { planCrash() }
                let (engine, _) = try store.open()
                try check(engine)
                try work(engine)
                engine.abandon()
            } catch let error as StoreError {
                // Whatever the disk did, it must never look like damage.
                guard case .unavailable = error else {
                    guard case .outcomeUnknown = error else { throw error }
                    continue
                }
            }
        }
        power.mend()
        let (engine, _) = try store.open()
        try check(engine)
        engine.abandon()
        let report = try StoreEngine.verify(disk: power, directory: store.directory.path)
        if let problem = report.problems.first { throw Problem(description: problem) }
    }

    private mutating func planCrash() {
        crashes += 1
        let policy = policies.randomElement(using: &generator) ?? .dropAll
        power.crash(after: Int.random(in: 0..<30, using: &generator), policy)
    }

    private mutating func work(_ engine: StoreEngine) throws {
        for _ in 0..<Int.random(in: 1..<8, using: &generator) {
            switch Int.random(in: 0..<24, using: &generator) {
            case 0: power.failNextFlush()
            case 1: power.failNextSync()
            case 2: power.failNextWrite()
            case 3, 4: try engine.writeCheckpoint()
            case 5:
                crashes += 1
                power.crash(policies.randomElement(using: &generator) ?? .dropAll)
            case 6: planCrash()
            default: try append(engine)
            }
        }
    }

    private mutating func stageFacts(_ engine: StoreEngine) throws {
        let changes = (0..<Int.random(in: 1..<5, using: &generator)).map { _ in
            let space = [FactSpace.snapshots, .checkpoints].randomElement(using: &generator) ?? .parked
            let size = [0, 8, 256, 257, 1200].randomElement(using: &generator) ?? 0
            let value = (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let isSet = Int.random(in: 0..<4, using: &generator) > 0
            return FactChange(space, FactKey("key-\(Int.random(in: 0..<6, using: &generator))"), isSet ? value : nil)
        }
        _ = try engine.stage(facts: changes)
        batches.append(.facts(changes))
    }

    private mutating func append(_ engine: StoreEngine) throws {
        for _ in 0..<Int.random(in: 1..<6, using: &generator) {
            if Int.random(in: 0..<3, using: &generator) == 0 {
                try stageFacts(engine)
                continue
            }
            var parts: [StreamBatch] = []
            for _ in 0..<(Int.random(in: 0..<4, using: &generator) == 0 ? 3 : 1) {
                let stream = "stream-\(Int.random(in: 0..<5, using: &generator))"
                let count = Int.random(in: 1..<4, using: &generator)
                let size = Int.random(in: 0..<600, using: &generator)
                parts.append(StreamBatch(stream: stream, events: (0..<count).map { event(nextEvent + $0, size: size) }))
                nextEvent += count
            }
            _ = try engine.stageFully(AppendRequest(parts))
            batches.append(.events(parts.flatMap { part in part.events.map { Seen(stream: part.stream, event: $0) } }))
        }
        try engine.flushStaged()
        kept = batches.count
    }

    /// Compares the store with the list, and takes over what it holds.
    private mutating func check(_ engine: StoreEngine) throws {
        let all = try engine.readAll(count: Int.max)
        var rest = all[...]
        var found = 0
        for case (let index, .events(let batch)) in batches.enumerated() {
            if rest.isEmpty { break }
            let part = rest.prefix(batch.count).map { recorded in
                Seen(
                    stream: recorded.stream,
                    event: NewEvent(
                        id: recorded.id,
                        type: recorded.type,
                        data: recorded.data,
                        metadata: recorded.metadata
                    )
                )
            }
            guard part == batch else { throw Problem(description: "batch \(found) differs or is there by half") }
            rest = rest.dropFirst(batch.count)
            found = index + 1
        }
        guard rest.isEmpty else { throw Problem(description: "\(rest.count) events were never appended") }
        // Batches of facts between those of events may be there or not; that the facts agree tells which.
        found = try facts(engine, from: found)
        guard found >= kept else { throw Problem(description: "\(kept - found) acknowledged batches are lost") }
        guard all.map({ $0.position }) == Array(0..<all.count) else {
            throw Problem(description: "positions have gaps")
        }
        var versions: [String: Int] = [:]
        for event in all {
            guard event.version == versions[event.stream, default: -1] + 1 else {
                throw Problem(description: "versions of \(event.stream) have gaps")
            }
            versions[event.stream] = event.version
        }
        for (stream, version) in versions {
            let events = try engine.read(stream: stream, count: Int.max)
            guard engine.version(of: stream) == version, events == all.filter({ $0.stream == stream }) else {
                throw Problem(description: "stream \(stream) differs from the whole")
            }
        }
        // Readers have seen them now.
        batches.removeLast(batches.count - found)
        kept = found
    }
}

extension CrashRun {
    private struct Place: Hashable {
        var space: FactSpace
        var key: FactKey
    }

    /// How many batches the store holds, given that it has these and none of events after the next ones of facts: the most
    /// for which all facts are as they should be.
    private func facts(_ engine: StoreEngine, from known: Int) throws -> Int {
        var present: [Place: [UInt8]] = [:]
        for space in FactSpace.allCases {
            for fact in try engine.facts(space) { present[Place(space: space, key: fact.key)] = fact.value }
        }
        var expected: [Place: [UInt8]] = [:]
        var found: Int?
        for (index, batch) in batches.enumerated() {
            if index >= known {
                if expected == present { found = index }
                guard case .facts = batch else { break }
            }
            guard case .facts(let changes) = batch else { continue }
            for change in changes { expected[Place(space: change.space, key: change.key)] = change.value }
        }
        let isEnd = batches[known...].allSatisfy { if case .facts = $0 { true } else { false } }
        if isEnd, expected == present { found = batches.count }
        guard let found else { throw Problem(description: "the facts are those of no moment after batch \(known)") }
        return found
    }
}

/// A disk that says it has flushed and has not: what a careless engine would amount to.
struct ForgetfulDisk: Disk {
    let disk: SimulatedDisk
    var flushesFiles = false
    var syncsDirectories = false

    func createDirectory(_ path: String) throws(DiskError) { try disk.createDirectory(path) }
    func list(_ path: String) throws(DiskError) -> [String] { try disk.list(path) }
    func kind(of path: String) throws(DiskError) -> DiskEntryKind? { try disk.kind(of: path) }
    func rename(_ source: String, to destination: String) throws(DiskError) { try disk.rename(source, to: destination) }
    func removeFile(_ path: String) throws(DiskError) { try disk.removeFile(path) }
    func removeDirectory(_ path: String) throws(DiskError) { try disk.removeDirectory(path) }
    func syncDirectory(_ path: String) throws(DiskError) { if syncsDirectories { try disk.syncDirectory(path) } }
    func lock(_ path: String, note: String) throws(DiskError) -> DiskLockOutcome { try disk.lock(path, note: note) }
    func freeSpace(at path: String) throws(DiskError) -> Int { try disk.freeSpace(at: path) }
    func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
        let file = try disk.open(path, mode)
        return flushesFiles ? file : ForgetfulFile(file)
    }
}

final class ForgetfulFile: DiskFile {
    private let file: any DiskFile

    init(_ file: any DiskFile) { self.file = file }

    func size() throws(DiskError) -> Int { try file.size() }
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
        try file.read(into: buffer, at: offset)
    }
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) { try file.write(bytes, at: offset) }
    func truncate(to size: Int) throws(DiskError) { try file.truncate(to: size) }
    func flush() throws(DiskError) {}
    func close() { file.close() }
}
