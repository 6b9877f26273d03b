import MangroveTesting
import Testing

@testable import MangroveStore

/// What later appends see of those that wait for their flush, where that is a lot.
@Suite struct StagedManyTests {
    private func request(_ stream: Int, _ numbers: Range<Int>) -> AppendRequest {
        AppendRequest(stream: "s\(stream)", expecting: .any, numbered(numbers))
    }

    @Test("An append that is staged is recognised, before its flush and under it, whatever else is staged")
    func recognised() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        var staged: [(ticket: UInt64?, results: [AppendResult])] = []
        for stream in 0..<30 { staged.append(try engine.stageFully(request(stream, 0..<20))) }
        func again() throws {
            for stream in 0..<30 {
                let repeated = try engine.stageFully(request(stream, 5..<20))
                #expect(repeated.ticket == staged[stream].ticket)
                #expect(repeated.results == staged[stream].results)
            }
        }
        try again()
        // Later ones of the same streams, in the next group.
        var later: [UInt64?] = []
        try engine.flushStaged { _ in
            do {
                try again()
                for stream in 0..<30 {
                    let added = try engine.stageFully(request(stream, 10..<25))
                    #expect(added.results.first?.version == 24)
                    later.append(added.ticket)
                    #expect(try engine.stageFully(request(stream, 20..<25)).ticket == added.ticket)
                    #expect(throws: StoreError.self) {
                        let other = [event(7, size: 99)]
                        _ = try engine.stageFully(AppendRequest(stream: "s\(stream)", expecting: .any, other))
                    }
                }
            } catch {
                Issue.record(error)
            }
        }
        #expect(Set(later).count == 30)
        #expect(engine.eventCount == 600)
        try engine.flushStaged()
        #expect(engine.eventCount == 750)
        #expect(engine.stagedBytes == 0)
        for stream in 0..<30 {
            #expect(try engine.stageFully(request(stream, 0..<25)).ticket == nil)
            #expect(try engine.read(stream: "s\(stream)", count: 99).map(\.id.low) == (0..<25).map { $0 })
        }
    }

    @Test("What no checkpoint covers is counted from the opening on, what that has read from the log included")
    func uncovered() throws {
        let store = try TestStore(SimulatedDisk())
        var (engine, _) = try store.open()
        try engine.append("s", numbered(0..<5))
        #expect(engine.uncovered == 5)
        try engine.writeCheckpoint()
        #expect(engine.uncovered == 0)
        try engine.append("s", numbered(5..<7))
        engine.abandon()
        (engine, _) = try store.open()
        #expect(engine.uncovered == 2)
        #expect(!engine.needsCheckpoint)
    }
}
