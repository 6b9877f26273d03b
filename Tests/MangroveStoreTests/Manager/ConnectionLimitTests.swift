import Foundation
import Mangrove
import Testing

@testable import MangroveStore

@Suite("Connections to a store over the socket") struct ConnectionLimitTests {
    @Test("One more than may use a store is refused, can look at it all the same, and is let in when another goes")
    func limit() async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "mangrove-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: root) }
        let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
        var settings = NodeSettings(dataDirectory: root, owner: "1")
        settings.listens = true
        var one = StoreConfiguration()
        one.limits.connections = 1
        settings.stores = ["east": one, "west": StoreConfiguration()]
        let node = try await Node.open(settings, in: runtime)
        let first = try await SocketGateway.connect(dataDirectory: root)
        let second = try await SocketGateway.connect(dataDirectory: root)
        #expect(try await first.version(of: "a", in: "east") == -1)
        let use = StoreLimitUse(.connections, limit: 1, used: 1)
        await #expect(throws: StoreError.limitReached(store: "east", use)) {
            try await second.version(of: "a", in: "east")
        }
        #expect(try await second.storeStatus("east").limits == [use])
        #expect(try await second.version(of: "a", in: "west") == -1)
        first.close()
        // The node notices in its own time.
        var version: Int?
        while version == nil {
            do {
                version = try await second.version(of: "a", in: "east")
            } catch StoreError.limitReached {
                await Task.yield()
            }
        }
        #expect(version == -1)
        second.close()
        await node.close()
        await runtime.shutdown()
    }
}
