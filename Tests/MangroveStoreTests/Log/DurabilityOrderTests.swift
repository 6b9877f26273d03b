import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct DurabilityOrderTests {
    @Test("No acknowledgement precedes the flush of its bytes, of its segment's header, and the sync of its name")
    func acknowledgements() throws {
        let disk = SimulatedDisk()
        let store = try TestStore(disk, segmentSize: 4 << 10)
        let (engine, _) = try store.open()
        disk.recording = true
        for number in 0..<60 {
            try engine.append("s", [event(number, size: 400)])
            disk.note("acknowledged")
        }
        try engine.writeCheckpoint()
        disk.note("acknowledged")
        var unflushed: Set<String> = []
        var unsynced: Set<String> = []
        var created = 0
        for operation in disk.operations {
            switch operation {
            case .opened(let path, .create), .opened(let path, .replace):
                created += 1
                unsynced.insert(path)
            case .wrote(let path, _, _), .truncated(let path, _):
                // Into a new segment no record goes before the segment is durable.
                if case .wrote(_, let offset, _) = operation, path.hasSuffix(".log"), offset > 0 {
                    #expect(!unsynced.contains(path))
                }
                unflushed.insert(path)
            case .flushed(let path): unflushed.remove(path)
            case .renamed(let source, let destination):
                // A file is flushed before it gets the name it is found by.
                #expect(!unflushed.contains(source))
                unsynced.remove(source)
                unsynced.insert(destination)
            case .syncedDirectory(let path): unsynced = unsynced.filter { !$0.hasPrefix(path + "/") }
            case .note:
                #expect(unflushed.isEmpty && unsynced.isEmpty)
            default: break
            }
        }
        #expect(created > 5)
    }

    @Test("The store's own creation is durable when it returns, whatever the crash")
    func creation() throws {
        let disk = SimulatedDisk()
        let data = try DataDirectory(disk: disk, path: "/srv/grove/data", owner: "1")
        try data.directory(of: "orders").create(created: epoch, identity: StoreIdentity(high: 1, low: 2))
        disk.crash(.dropAll)
        let again = try DataDirectory(disk: disk, path: "/srv/grove/data", owner: "2")
        #expect(
            try again.stores() == [
                .store(Manifest(store: "orders", created: epoch, identity: StoreIdentity(high: 1, low: 2)))
            ]
        )
        #expect(try StoreEngine.open(disk: disk, directory: "/srv/grove/data/orders").report.events == 0)
    }
}
