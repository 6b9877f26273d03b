import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

/// No cipher to keep anything secret by, but one that shows whether key and place are the right ones.
struct ToyCipher: StreamCipher {
    struct Wrong: Error {}

    let keySize = 16

    private func mask(_ text: [UInt8], _ key: [UInt8], _ place: SealedPlace) -> [UInt8] {
        let salt = UInt8(truncatingIfNeeded: place.id.low &* 31) ^ place.part.rawValue
        return text.enumerated().map { $1 ^ key[$0 % key.count] ^ salt ^ 0x80 }
    }

    private func sum(_ key: [UInt8], _ place: SealedPlace) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(little: CRC32C.of(key + Array("\(place)".utf8)))
        return bytes
    }

    func seal(_ text: [UInt8], with key: [UInt8], at place: SealedPlace) throws -> [UInt8] {
        sum(key, place) + mask(text, key, place)
    }

    func open(_ sealed: [UInt8], with key: [UInt8], at place: SealedPlace) throws -> [UInt8] {
        guard Array(sealed.prefix(4)) == sum(key, place) else { throw Wrong() }
        return mask(Array(sealed.dropFirst(4)), key, place)
    }
}

@Suite struct ErasureTests {
    private func settings(_ vault: (any KeyVault)?) -> NodeSettings {
        var settings = NodeSettings.faulty
        settings.store.retryLimit = .milliseconds(100)
        settings.encryption = vault.map { vault in
            StreamEncryption(cipher: ToyCipher(), vault: vault) { stream, _ in stream.hasPrefix("person") }
        }
        return settings
    }

    private func secret(_ number: Int) -> NewEvent {
        NewEvent(
            id: EventID(high: 4, low: UInt64(number)),
            type: "told",
            data: Array("{\"secret\": \"the answer \(number)\"}".utf8),
            metadata: Array("\"between us\"".utf8),
            tags: ["open"]
        )
    }

    private func holds(_ disk: SimulatedDisk, _ text: String) throws -> Bool {
        let log = try disk.contents("/data/east/raft_logs/" + SegmentFormat.name(1), limit: .max) ?? []
        let wanted = Array(text.utf8)
        return log.indices.contains { log[$0...].starts(with: wanted) }
    }

    @Test("Events of an encrypted stream come back as they were appended, and stand on the disk as nothing of the kind")
    func roundTrip() throws {
        let disk = SimulatedDisk(seed: 1)
        for round in 0..<2 {
            try Simulation(seed: UInt64(round), disk: disk).run { simulation in
                let node = try await Node.open(
                    settings(FileKeyVault(disk: disk, directory: "/keys")),
                    in: simulation.runtime
                )
                let gateway = node.gateway
                if round == 0 { try await gateway.createStore("east") }
                // The same again is recognised, encrypted or not.
                for _ in 0..<2 {
                    let result = try await gateway.append(
                        to: "east",
                        stream: "person-1",
                        expecting: .any,
                        [secret(1), secret(2)]
                    )
                    #expect(result.version == 1)
                }
                let parts = [
                    StreamBatch(stream: "person-2", events: [secret(3)]),
                    StreamBatch(stream: "free", events: [secret(4)]),
                ]
                #expect(try await gateway.append(to: "east", parts).map(\.version) == [0, 0])
                var all: [RecordedEvent] = []
                for try await event in gateway.allEvents(in: "east") { all.append(event) }
                #expect(all.map(\.data) == (1...4).map { secret($0).data })
                #expect(all.allSatisfy { $0.metadata == secret(1).metadata && !$0.isErased })
                let page = try await gateway.readAll(from: "east", start: 0, count: 9, filter: .tags("open"))
                #expect(page.events == all)
                let own = try await gateway.read(
                    from: "east",
                    stream: "person-2",
                    start: nil,
                    count: 9,
                    direction: .backward
                )
                #expect(own.map(\.data) == [secret(3).data])
                var received: [RecordedEvent] = []
                for try await event in try gateway.subscribe(to: "east", .all) {
                    received.append(event)
                    if received.count == 4 { break }
                }
                #expect(received == all)
                #expect(try await gateway.verify("east").problems == [])
                await node.close()
            }
            #expect(try holds(disk, "the answer 4"))
            for number in 1...3 { #expect(try !holds(disk, "the answer \(number)")) }
            #expect(try holds(disk, "person-1"))
        }
    }

    @Test("A forgotten key erases its stream for good: its events keep their places, and others are as they were")
    func erasure() throws {
        let disk = SimulatedDisk(seed: 2)
        for round in 0..<2 {
            try Simulation(seed: UInt64(round), disk: disk).run { simulation in
                let node = try await Node.open(
                    settings(FileKeyVault(disk: disk, directory: "/keys")),
                    in: simulation.runtime
                )
                let gateway = node.gateway
                if round == 0 {
                    try await gateway.createStore("east")
                    for stream in ["person-1", "person-2"] {
                        _ = try await gateway.append(
                            to: "east",
                            stream: stream,
                            expecting: .any,
                            [secret(1), secret(2)]
                        )
                    }
                    try await gateway.eraseStream("person-1", in: "east")
                    try await gateway.eraseStream("person-1", in: "east")
                }
                let all = try await gateway.readAll(from: "east", start: 0, count: 9)
                #expect(all.map(\.position) == [0, 1, 2, 3])
                #expect(all.map(\.isErased) == [true, true, false, false])
                #expect(all.prefix(2).allSatisfy { $0.data == Array("null".utf8) && $0.metadata == nil })
                #expect(all.map(\.id) == [1, 2, 1, 2].map { secret($0).id })
                #expect(all.suffix(2).map(\.data) == [secret(1).data, secret(2).data])
                await #expect(throws: StoreError.streamDeleted("person-1")) {
                    try await gateway.append(to: "east", stream: "person-1", expecting: .any, [secret(3)])
                }
                #expect(try await gateway.version(of: "person-1", in: "east") == 1)
                await node.close()
            }
        }
    }

    @Test("Snapshots of an encrypted stream are encrypted too, each time anew, and erased with it")
    func snapshots() throws {
        let disk = SimulatedDisk(seed: 4)
        let vault = try FileKeyVault(disk: disk, directory: "/keys")
        try Simulation(seed: 4, disk: disk).run { simulation in
            let node = try await Node.open(settings(vault), in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            func snapshot(_ stream: String, _ version: Int) -> Snapshot {
                let text = Array("{\"secret\": \"the answer of \(stream)\"}".utf8)
                return Snapshot(
                    SnapshotID(source: "sum", stream: stream, version: version),
                    data: text,
                    metadata: text
                )
            }
            for stream in ["person-1", "person-2", "free"] {
                for version in [0, 1, 1] {
                    try await gateway.recordSnapshot(snapshot(stream, version), in: "east", keeping: nil)
                }
            }
            for stream in ["person-1", "person-2", "free"] {
                let latest = try #require(
                    try await gateway.latestSnapshot(source: "sum", stream: stream, upTo: nil, in: "east")
                )
                #expect(latest.data == snapshot(stream, 1).data && latest.metadata == snapshot(stream, 1).metadata)
                #expect(!latest.isErased)
            }
            #expect(try holds(disk, "the answer of free"))
            #expect(try !holds(disk, "the answer of person"))
            try await gateway.eraseStream("person-1", in: "east")
            let erased = try #require(try await gateway.snapshot(snapshot("person-1", 1).id, in: "east"))
            #expect(erased.isErased && erased.data == Array("null".utf8) && erased.metadata == nil)
            let other = try await gateway.snapshot(snapshot("person-2", 0).id, in: "east")
            #expect(other?.data == snapshot("person-2", 0).data)
            await #expect(throws: StoreError.streamDeleted("person-1")) {
                try await gateway.recordSnapshot(snapshot("person-1", 2), in: "east", keeping: nil)
            }
            await node.close()
        }
    }

    @Test("Without its cipher a node serves no encrypted event, and says why")
    func noCipher() throws {
        let disk = SimulatedDisk(seed: 3)
        for vault in [try FileKeyVault(disk: disk, directory: "/keys"), nil] {
            try Simulation(seed: 3, disk: disk).run { simulation in
                let node = try await Node.open(settings(vault), in: simulation.runtime)
                if vault != nil {
                    try await node.gateway.createStore("east")
                    _ = try await node.gateway.append(to: "east", stream: "person", expecting: .any, [secret(1)])
                } else {
                    await #expect(throws: StoreError.self) {
                        try await node.gateway.readAll(from: "east", start: 0, count: 9)
                    }
                    await #expect(throws: StoreError.self) { try await node.gateway.eraseStream("person", in: "east") }
                }
                await node.close()
            }
        }
    }

    @Test("A crash at any step of keeping or forgetting a key leaves the vault with one of the two, and it says which")
    func vaultCrashes() throws {
        let key = [UInt8](repeating: 0x5A, count: 16)
        for policy in [CrashPolicy.dropAll, .keepAll, .random] {
            for step in 0..<30 {
                let disk = SimulatedDisk(seed: UInt64(step))
                var isForgotten = false
                var isKept = false
                do {
                    let vault = try FileKeyVault(disk: disk, directory: "/keys")
                    try disk.syncDirectory("/")
                    disk.crash(after: step, policy)
                    #expect(try vault.key(of: "a", in: "s", orKeep: key) == .present(key))
                    isKept = true
                    #expect(try vault.key(of: "a", in: "s", orKeep: [1]) == .present(key))
                    try vault.forget("a", in: "s")
                    isForgotten = true
                    #expect(try vault.key(of: "a", in: "s", orKeep: [1]) == .forgotten)
                } catch is DiskError {}
                disk.mend()
                let again = try FileKeyVault(disk: disk, directory: "/keys")
                let state = try again.key(of: "a", in: "s")
                if isForgotten { #expect(state == .forgotten) }
                if isKept { #expect(state != .absent) }
                #expect(state == .forgotten || state == .present(key) || state == .absent && !isKept)
                try again.forget("a", in: "s")
                #expect(try again.key(of: "a", in: "s") == .forgotten)
                #expect(try again.key(of: "b", in: "s") == .absent)
                for name in try disk.list("/keys") {
                    let bytes = try #require(try disk.contents("/keys/" + name, limit: .max))
                    #expect(!bytes.indices.contains { bytes[$0...].starts(with: key) })
                }
            }
        }
    }
}
