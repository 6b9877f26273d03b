#if os(Linux)
    import Foundation
    import Mangrove
    import Testing

    @testable import MangroveStore

    #if canImport(Musl)
        import Musl
    #else
        import Glibc
    #endif

    /// A directory with a file system of its own, of a megabyte, mounted in it.
    private final class SmallDisk: Sendable {
        let root: String
        var path: String { root + "/small" }

        init() throws {
            var template = Array("/tmp/mangrove-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { throw DiskError(.system(errno), "mkdtemp", "/tmp") }
            root = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
            guard mkdir(root + "/small", 0o755) == 0, mount("tmpfs", root + "/small", "tmpfs", 0, "size=1m") == 0 else {
                throw DiskError(.system(errno), "mount", root + "/small")
            }
        }

        deinit {
            umount2(path, 2)
            try? FileManager.default.removeItem(atPath: root)
        }

        /// It is busy for as long as a program that another test has just forked holds what was open here, and has not become
        /// another program yet.
        func remount(readOnly: Bool) async throws {
            while mount("tmpfs", path, "tmpfs", 32 | (readOnly ? 1 : 0), "size=1m") != 0 {
                guard errno == EBUSY else { throw DiskError(.system(errno), "mount", path) }
                await Task.yield()
            }
        }

        /// Takes all room that is left.
        func fill() throws {
            let file = open(path + "/ballast", O_CREAT | O_WRONLY, 0o600)
            defer { close(file) }
            let bytes = [UInt8](repeating: 1, count: 4_096)
            while write(file, bytes, bytes.count) > 0 {}
        }

        func unfill() { unlink(path + "/ballast") }

        /// Whether this program may mount file systems here.
        static var isPossible: Bool {
            guard getuid() == 0 else { return false }
            return (try? SmallDisk()) != nil
        }
    }

    @Suite("A store on a small disk of the machine", .serialized, .timeLimit(.minutes(30)))
    struct RealDiskTroubleTests {
        private func big(_ number: Int) -> [NewEvent] {
            let text = "\"" + String(repeating: "x", count: 4_000) + "\""
            return [NewEvent(id: EventID(high: 3, low: UInt64(number)), type: "t", data: Array(text.utf8))]
        }

        private func withNode(_ disk: SmallDisk, _ work: (LocalGateway) async throws -> Void) async throws {
            let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
            var settings = NodeSettings(dataDirectory: disk.root + "/data", owner: "1")
            var elsewhere = StoreConfiguration()
            elsewhere.directory = disk.path + "/east"
            elsewhere.segmentBytes = 64 << 10
            settings.stores = ["east": elsewhere, "west": StoreConfiguration()]
            let node = try await Node.open(settings, in: runtime)
            try await work(node.gateway)
            await node.close()
            await runtime.shutdown()
        }

        @Test(
            "Full, then read-only: nothing acknowledged is lost, the other store serves, and what to do is said",
            .enabled(if: SmallDisk.isPossible, "mounting a file system takes root")
        )
        func fullAndReadOnly() async throws {
            let disk = try SmallDisk()
            let taken = Lock(0)
            try await withNode(disk) { gateway in
                var count = 0
                while count < 1_000 {
                    do {
                        _ = try await gateway.append(
                            to: "east",
                            stream: "a",
                            expecting: .exactly(count - 1),
                            big(count)
                        )
                        count += 1
                        // Before the disk is looked at again by itself.
                        if count == 100 { try disk.fill() }
                    } catch StoreError.limitReached("east", let use) {
                        #expect(use.kind == .free)
                        break
                    } catch StoreError.outcomeUnknown, StoreError.unavailable {
                        // Under way when the engine came upon the end of the disk: asked again, it is there or refused.
                        continue
                    }
                }
                #expect((100...120).contains(count))
                #expect(try await gateway.readAll(from: "east", start: 0, count: 1_000).count == count)
                _ = try await gateway.append(to: "west", stream: "a", expecting: .noStream, big(0))
                disk.unfill()
                let result = try await gateway.append(to: "east", stream: "a", expecting: .any, big(count))
                #expect(result.version == count)
                let all = count + 1
                taken.withLock { $0 = all }
            }
            try await disk.remount(readOnly: true)
            try await withNode(disk) { gateway in
                let status = try await gateway.storeStatus("east")
                #expect(status.status != .running)
                #expect(status.problem?.contains("the file system is read-only") ?? false, "\(status)")
                _ = try await gateway.append(to: "west", stream: "a", expecting: .exactly(0), big(1))
            }
            try await disk.remount(readOnly: false)
            try await withNode(disk) { (gateway: LocalGateway) async throws in
                #expect(try await gateway.readAll(from: "east", start: 0, count: 1_000).count == taken.withLock { $0 })
                #expect(try await gateway.verify("east").problems == [])
            }
        }
    }
#endif
