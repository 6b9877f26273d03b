import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct ScrubTests {
    private func filled(_ disk: SimulatedDisk, checkedAtOpen: Int) throws -> StoreEngine {
        let data = try DataDirectory(disk: disk, path: "/data", owner: "1")
        let directory = data.directory(of: "s")
        if case .store = try directory.state() {
        } else {
            try directory.create(created: Timestamp(microseconds: 1), identity: StoreIdentity(high: 1, low: 2))
        }
        let options = LogOptions(segmentSize: 4 << 10, checkedAtOpen: checkedAtOpen)
        return try StoreEngine.open(disk: disk, directory: directory.path, options: options).engine
    }

    private func append(_ count: Int, to engine: StoreEngine) throws {
        for number in 0..<count {
            let event = NewEvent(
                id: EventID(high: 9, low: UInt64(number)),
                type: "t",
                data: Array("{\"number\":\(number)}".utf8)
            )
            _ = try engine.stage(
                AppendRequest(stream: "a", expecting: .any, [event]),
                now: Timestamp(microseconds: 5)
            )
            try engine.flushStaged()
        }
    }

    @Test("A sound log is read to its end in portions of any size", arguments: [1, 100, 5_000, 1 << 20])
    func sound(budget: Int) throws {
        let engine = try filled(SimulatedDisk(seed: 1), checkedAtOpen: 0)
        try append(200, to: engine)
        var next: RecordLocation?
        var portions = 0
        repeat {
            next = try engine.scrub(from: next, budget: budget)
            portions += 1
        } while next != nil
        #expect((1...200).contains(portions))
        #expect(budget > 1 || portions >= 200)
        try engine.close()
    }

    @Test("Any flipped byte of what is durable is found, in the file it is in")
    func damage() throws {
        let disk = SimulatedDisk(seed: 1)
        let engine = try filled(disk, checkedAtOpen: 0)
        try append(100, to: engine)
        try engine.close()
        let segments = try disk.list("/data/s/raft_logs")
        #expect(segments.count > 2)
        for segment in segments {
            let path = "/data/s/raft_logs/" + segment
            let size = try disk.open(path, .read).size()
            for offset in stride(from: 0, to: size, by: 97) {
                let broken = disk.copy(seed: 1)
                try broken.corrupt(path, at: offset)
                do {
                    // Not looked at when opened, for it is large enough to trust its checkpoint; but for the header of the
                    // segment that is written to.
                    let engine = try filled(broken, checkedAtOpen: 0)
                    defer { engine.abandon() }
                    _ = try engine.scrub(from: nil, budget: .max)
                    Issue.record("the flipped byte \(offset) of \(segment) was not found")
                } catch StoreError.damaged(_, let file, let found, _) {
                    #expect(file == path)
                    #expect(found <= offset)
                }
                // A small one is looked at.
                #expect(throws: StoreError.self) { try filled(broken, checkedAtOpen: 1 << 20) }
            }
        }
    }
}
