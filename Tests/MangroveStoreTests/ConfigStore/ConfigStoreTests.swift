import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

extension NodeSettings {
    /// A node that keeps records.
    static func keeping(_ configuration: NodeConfiguration = NodeConfiguration()) -> NodeSettings {
        var settings = NodeSettings.faulty
        settings.take(configuration)
        settings.keepsConfiguration = true
        settings.allowsFaults = true
        // What happens now and then is of no interest here.
        settings.store.monitorInterval = .seconds(600)
        settings.store.checkpointInterval = .seconds(600)
        settings.store.compactionInterval = .seconds(600)
        settings.store.subscriptionHealthInterval = .seconds(600)
        return settings
    }
}

extension NodeConfiguration {
    /// One from the text of a file.
    init(file text: String, variables: [String: String] = [:]) throws(ConfigurationError) {
        try self.init(
            ConfigurationInputs(
                file: .init(path: "/etc/grove.json", text: Array(text.utf8)),
                variables: variables,
                workingDirectory: "/"
            )
        )
    }
}

@Suite("The configuration store")
struct ConfigStoreTests {
    static func partitions(_ count: Int) -> StoreConfiguration {
        var configuration = StoreConfiguration()
        configuration.partitions = count
        return configuration
    }

    /// The stores that there are, by id.
    static func running(_ node: Node) async throws -> [String] {
        try await node.gateway.stores().filter { $0.status == .running }.map(\.id)
    }

    @Test(
        "A store whose files are gone when its node starts is missed, and no empty one is made in its place",
        arguments: Seeds(10)
    )
    func missed(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        for round in 0..<3 {
            try Simulation(seed: seed &+ UInt64(round) * 100, disk: disk).run { simulation in
                let node = try await Node.open(.keeping(), in: simulation.runtime)
                let gateway = node.gateway
                switch round {
                case 0:
                    for store in ["east", "west"] {
                        _ = try await gateway.putConfiguration(of: store, StoreConfiguration(), by: "ann")
                        _ = try await gateway.append(to: store, stream: "a", expecting: .any, happenings(0..<3))
                    }
                case 1:
                    let info = try await gateway.storeStatus("east")
                    #expect(info.status != .running && info.problem?.contains("put them back") ?? false, "\(info)")
                    await #expect(throws: StoreError.self) {
                        try await gateway.readAll(from: "east", start: 0, count: 9)
                    }
                    #expect(try await gateway.readAll(from: "west", start: 0, count: 9).count == 3)
                    // They are put back while the node runs.
                    try disk.rename("/away", to: "/data/east")
                    try await simulation.runtime.sleep(for: .seconds(60))
                    #expect(try await gateway.readAll(from: "east", start: 0, count: 9).count == 3)
                default:
                    // Whoever does not want it back says so, and can make another.
                    _ = try await gateway.removeStore("east", erasing: false)
                    try await gateway.createStore("east")
                    #expect(try await gateway.readAll(from: "east", start: 0, count: 9).isEmpty)
                }
                await node.close()
            }
            if round == 0 { try disk.rename("/data/east", to: "/away") }
            if round == 1 { try disk.removeTree("/data/east") }
        }
    }

    @Test("A store that is put on record is made, changed, found, listed and taken out again, each change a version")
    func wholeLife() throws {
        try Simulation(seed: 1).run { simulation in
            let node = try await Node.open(.keeping(), in: simulation.runtime)
            let gateway = node.gateway
            let made = try await gateway.putConfiguration(of: "orders", Self.partitions(2), by: "ann")
            #expect(made.version == 1 && made.isFirst && made.status == .active && made.createdBy == "ann")
            // It is carried out when that is answered.
            #expect(try await Self.running(node) == ["orders"])
            let changed = try await gateway.putConfiguration(of: "orders", Self.partitions(3), by: "bob")
            #expect(changed.version == 2 && !changed.isFirst)
            #expect(changed.createdBy == "ann" && changed.updatedBy == "bob")
            // The same again makes no version.
            #expect(try await gateway.putConfiguration(of: "orders", Self.partitions(3), by: "cy") == changed)
            #expect(try await gateway.configuration(of: "orders") == changed)
            _ = try await gateway.putConfiguration(of: "billing", StoreConfiguration(), by: "ann")
            #expect(try await gateway.configurations().map(\.record.store) == ["billing", "orders"])

            await #expect(throws: StoreError.wrongConfigurationVersion(store: "orders", expected: 1, actual: 2)) {
                _ = try await gateway.putConfiguration(
                    of: "orders",
                    Self.partitions(4),
                    status: .active,
                    expecting: 1,
                    by: "x"
                )
            }
            await #expect(throws: StoreError.wrongConfigurationVersion(store: "orders", expected: 0, actual: 2)) {
                _ = try await gateway.putConfiguration(
                    of: "orders",
                    Self.partitions(4),
                    status: .active,
                    expecting: 0,
                    by: "x"
                )
            }
            let gone = try await gateway.deleteConfiguration(of: "orders", expecting: 2, erasing: true, by: "dee")
            #expect(gone.version == 3 && gone.status == .pendingDeletion)
            #expect(try await Self.running(node) == ["billing"])
            await #expect(throws: StoreError.noSuchConfiguration("orders")) {
                try await gateway.configuration(of: "orders")
            }
            await #expect(throws: StoreError.noSuchConfiguration("orders")) {
                _ = try await gateway.deleteConfiguration(of: "orders", expecting: nil, erasing: false, by: "x")
            }
            #expect(try await gateway.configurations().map(\.record.store) == ["billing"])
            let history = try await gateway.configurationHistory(of: "orders")
            #expect(history.map(\.version) == [1, 2, 3, 4])
            #expect(history.map(\.updatedBy) == ["ann", "bob", "dee", "dee"])
            #expect(history.map(\.status) == [.active, .active, .pendingDeletion, .deleted])
            #expect(
                history[1].differences(from: history[0])
                    == [ConfigurationDifference("partitions", .number(2), .number(3))]
            )
            #expect(try await gateway.configurationHistory(of: nil).count == 5)
            await #expect(throws: StoreError.noSuchConfiguration("never")) {
                try await gateway.configurationHistory(of: "never")
            }
            // The name can be used again, and the history goes on.
            let again = try await gateway.putConfiguration(
                of: "orders",
                Self.partitions(5),
                status: .active,
                expecting: 0,
                by: "eve"
            )
            #expect(again.version == 5 && again.isFirst && again.createdBy == "eve")
            await node.close()
            #expect(simulation.runtime.processCount == 0)
        }
    }

    @Test("A rollback makes a new version with the content of an old one, and carries it out")
    func rollback() throws {
        try Simulation(seed: 2).run { simulation in
            let node = try await Node.open(.keeping(), in: simulation.runtime)
            let gateway = node.gateway
            for count in 1...3 {
                _ = try await gateway.putConfiguration(of: "orders", Self.partitions(count), by: "ann")
            }
            let record = try await gateway.rollBackConfiguration(of: "orders", to: 1, expecting: 3, by: "bob")
            #expect(record.version == 4 && record.change == .rollback(to: 1) && record.configuration.partitions == 1)
            for missing in [0, -1, 5, .max] {
                await #expect(throws: StoreError.invalid("the record of store 'orders' has no version \(missing)")) {
                    _ = try await gateway.rollBackConfiguration(of: "orders", to: missing, expecting: nil, by: "x")
                }
            }
            await #expect(throws: StoreError.self) {
                _ = try await gateway.rollBackConfiguration(of: "nothing", to: 1, expecting: nil, by: "x")
            }
            await node.close()
        }
    }

    @Test("What cannot be is refused with all that is wrong, and nothing is on record")
    func refused() throws {
        try Simulation(seed: 3).run { simulation in
            let node = try await Node.open(.keeping(), in: simulation.runtime)
            let gateway = node.gateway
            var bad = Self.partitions(0)
            bad.template = "none"
            let error = await #expect(throws: StoreError.self) {
                _ = try await gateway.putConfiguration(of: "orders", bad, by: "x")
            }
            guard case .invalidConfiguration(let mistakes) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(mistakes.map(\.path) == ["partitions", "template"])
            for id in ["", ".config", "a/b", "lock"] {
                await #expect(throws: StoreError.self) {
                    _ = try await gateway.putConfiguration(of: id, StoreConfiguration(), by: "x")
                }
            }
            #expect(try await gateway.configurations() == [])
            await node.close()
        }
    }

    @Test("The configuration store is hidden, cannot be made, removed or written to, and can be read")
    func reserved() throws {
        try Simulation(seed: 4).run { simulation in
            let node = try await Node.open(.keeping(), in: simulation.runtime)
            let gateway = node.gateway
            _ = try await gateway.putConfiguration(of: "orders", StoreConfiguration(), by: "ann")
            #expect(try await gateway.stores().map(\.id) == ["orders"])
            await #expect(throws: StoreError.self) { try await gateway.createStore(".config") }
            await #expect(throws: StoreError.noSuchStore(".config")) { try await gateway.removeStore(".config") }
            await #expect(throws: StoreError.refused("store '.config' is the node's own")) {
                _ = try await gateway.append(to: ".config", stream: "orders", expecting: .any, happenings(0..<1))
            }
            await #expect(throws: StoreError.refused("store '.config' is the node's own")) {
                try await gateway.deleteStream("orders", in: ".config", tombstone: false)
            }
            #expect(try await gateway.readAll(from: ".config", start: 0, count: 10).map(\.stream) == ["orders"])
            await node.close()
        }
        try Simulation(seed: 4).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let error = StoreError.refused("this node keeps no records of what is configured for its stores")
            await #expect(throws: error) {
                _ = try await node.gateway.configurations()
            }
            await #expect(throws: StoreError.noSuchStore(".config")) {
                _ = try await node.gateway.readAll(from: ".config", start: 0, count: 1)
            }
            await node.close()
        }
    }

    @Test("Whoever watches hears of every change once, in order, across restarts of the configuration store")
    func watching() throws {
        for seed in Seeds(20) {
            try Simulation(seed: seed).run { simulation in
                let runtime = simulation.runtime
                let node = try await Node.open(.keeping(), in: runtime)
                let gateway = node.gateway
                let heard = Lock<[String]>([])
                let changes = try gateway.watchConfigurations(from: .beginning)
                let watching = runtime.spawn {
                    do {
                        for try await change in changes {
                            heard.withLock { $0.append("\(change.record.store) \(change.record.version)") }
                        }
                    } catch {
                        heard.withLock { $0.append("\(error)") }
                    }
                }
                var expected: [String] = []
                for number in 1...12 {
                    let store = ["east", "west"][number % 2]
                    if number % 4 == 0 {
                        let path = "node/configuration/store/.config/core/storage/engine"
                        try await gateway.crash(path, kill: number % 8 == 0)
                    }
                    let record = try await gateway.putConfiguration(of: store, Self.partitions(number), by: "x")
                    expected.append("\(store) \(record.version)")
                }
                try await runtime.sleep(for: .seconds(1))
                #expect(heard.withLock { $0 } == expected, "seed \(seed)")
                watching.cancel()
                await watching.value
                await node.close()
                #expect(runtime.processCount == 0)
            }
        }
    }

    @Test("A node begins with a record for every store that is named or there, once, and lists are kept over its lives")
    func bootstrap() throws {
        let disk = SimulatedDisk(seed: 5)
        try Simulation(seed: 5, disk: disk.mount()).run { simulation in
            // Before there were records.
            let node = try await Node.open(.simulated, in: simulation.runtime)
            for store in ["old", "older"] { try await node.gateway.createStore(store) }
            await node.close()
        }
        let text = """
            {"defaultStore": "main", "stores": [{"id": "orders", "partitions": 2}, {"id": "old", "description": "d"}]}
            """
        let first = try NodeConfiguration(
            file: text,
            variables: ["MANGROVE_ADDITIONAL_STORES": "extra", "MANGROVE_STORE_TIMEOUTS": "orders:5"]
        )
        var seen: [ConfigurationRecord] = []
        for life in 0..<3 {
            let records = try Simulation(seed: UInt64(10 + life), disk: disk.mount()).run { simulation in
                let node = try await Node.open(.keeping(first), in: simulation.runtime)
                try await node.gateway.awaitRecords(within: .seconds(30))
                let stores = try await Self.running(node)
                #expect(stores == ["extra", "main", "old", "older", "orders"])
                let records = try await node.gateway.configurations().map(\.record)
                await node.close()
                return records
            }
            if life == 0 { seen = records }
            #expect(records == seen)
        }
        #expect(seen.map(\.store) == ["extra", "main", "old", "older", "orders"])
        #expect(seen.allSatisfy { $0.version == 1 && $0.change == .adoption })
        #expect(seen[4].configuration == Self.partitions(2))
        #expect(seen[4].createdBy == "/etc/grove.json:1:37")
        #expect(seen[0].createdBy == "$MANGROVE_ADDITIONAL_STORES" && seen[3].createdBy == "the data directory")

        // The file says something else now: the record counts, and that is said.
        let second = try NodeConfiguration(file: #"{"stores": [{"id": "orders", "partitions": 7}]}"#)
        try Simulation(seed: 20, disk: disk.mount()).run { simulation in
            let node = try await Node.open(.keeping(second), in: simulation.runtime)
            try await node.gateway.awaitRecords(within: .seconds(30))
            #expect(try await node.gateway.configuration(of: "orders").configuration.partitions == 2)
            #expect(simulation.logs.events.contains { $0.logfmt.contains("store.configuration.ignored") })
            // What was deleted does not come back with the file.
            _ = try await node.gateway.deleteConfiguration(of: "orders", expecting: nil, erasing: false, by: "x")
            await node.close()
        }
        try Simulation(seed: 21, disk: disk.mount()).run { simulation in
            let node = try await Node.open(.keeping(second), in: simulation.runtime)
            try await node.gateway.awaitRecords(within: .seconds(30))
            let stores = try await Self.running(node)
            #expect(stores == ["extra", "main", "old", "older"])
            await node.close()
        }
    }

    @Test("The configuration store is open before any other store is started")
    func startedFirst() throws {
        let disk = SimulatedDisk(seed: 6)
        for life in 0..<2 {
            try Simulation(seed: UInt64(life), disk: disk.mount()).run { simulation in
                let node = try await Node.open(.keeping(), in: simulation.runtime)
                if life == 0 { _ = try await node.gateway.putConfiguration(of: "orders", Self.partitions(2), by: "x") }
                try await node.gateway.awaitRecords(within: .seconds(30))
                let opened = simulation.logs.events.map(\.logfmt).filter { $0.contains("store.opened") }
                #expect(opened.count == 2)
                #expect(opened.first?.contains("store=.config") == true, "\(opened)")
                let tree = simulation.runtime.tree().node(at: "node")?.children.map(\.id.text)
                #expect(tree?.prefix(3) == ["configuration", "stores", "store-manager"])
                #expect(tree?.contains("configured") == true)
                await node.close()
            }
        }
    }
}
