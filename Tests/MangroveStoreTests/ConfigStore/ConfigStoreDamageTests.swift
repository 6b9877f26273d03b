import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("The configuration store, damaged")
struct ConfigStoreDamageTests {
    /// A disk with a node's records of two stores.
    private func prepared() throws -> SimulatedDisk {
        let disk = SimulatedDisk(seed: 1)
        try Simulation(seed: 1, disk: disk.mount()).run { simulation in
            let node = try await Node.open(.keeping(), in: simulation.runtime)
            for store in ["east", "west"] {
                for count in 1...2 {
                    let configuration = ConfigStoreTests.partitions(count)
                    _ = try await node.gateway.putConfiguration(of: store, configuration, by: "ann")
                }
            }
            _ = try await node.gateway.putConfiguration(
                of: "west",
                ConfigStoreTests.partitions(2),
                status: .inactive,
                expecting: nil,
                by: "bob"
            )
            await node.close()
        }
        return disk
    }

    private func damage(_ disk: SimulatedDisk) throws {
        let logs = "/data/.config/raft_logs/"
        let name = try #require(try disk.list(logs).first)
        for file in try disk.list("/data/.config/snapshots") {
            try disk.removeFile("/data/.config/snapshots/" + file)
        }
        try disk.corrupt(logs + name, at: 120)
    }

    @Test("A damaged one keeps the node running by the copy, read-only, with a warning, until it is recovered")
    func copyAndRecovery() throws {
        let disk = try prepared()
        try damage(disk)
        try Simulation(seed: 2, disk: disk.mount()).run { simulation in
            let runtime = simulation.runtime
            let node = try await Node.open(.keeping(), in: runtime)
            let gateway = node.gateway
            #expect(simulation.logs.events.contains { $0.logfmt.contains("store.configuration.damaged") })
            // Everything goes on as configured, and can be read.
            #expect(try await ConfigStoreTests.running(node) == ["east"])
            await #expect(throws: StoreError.refused("store 'west' is inactive")) {
                _ = try await gateway.readAll(from: "west", start: 0, count: 1)
            }
            let records = try await gateway.configurations().map(\.record)
            #expect(records.map(\.version) == [2, 3])
            #expect(try await gateway.configuration(of: "east").configuration == ConfigStoreTests.partitions(2))
            // Nothing can be changed, and that says what to do.
            let error = await #expect(throws: StoreError.self) {
                _ = try await gateway.putConfiguration(of: "east", ConfigStoreTests.partitions(3), by: "x")
            }
            guard case .configurationReadOnly(let why) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(why.contains("is damaged") && why.contains("grove config recover"))
            await #expect(throws: StoreError.self) { _ = try await gateway.configurationHistory(of: "east") }
            await #expect(throws: StoreError.self) { try await gateway.removeStore("east") }

            let aside = try await gateway.recoverConfiguration()
            #expect(aside == "/data/.config.damaged-1")
            #expect(try disk.kind(of: aside) == .directory)
            let recovered = try await gateway.configurations().map(\.record)
            #expect(recovered.map(\.configuration) == records.map(\.configuration))
            #expect(recovered.map(\.status) == records.map(\.status))
            #expect(recovered.allSatisfy { $0.version == 1 && $0.change == .recovery && $0.createdBy == "ann" })
            _ = try await gateway.putConfiguration(of: "east", ConfigStoreTests.partitions(3), by: "x")
            _ = try await gateway.putConfiguration(of: "west", ConfigStoreTests.partitions(2), by: "x")
            #expect(try await ConfigStoreTests.running(node) == ["east", "west"])
            await #expect(throws: StoreError.refused("the configuration store is not damaged")) {
                _ = try await gateway.recoverConfiguration()
            }
            await node.close()
            #expect(runtime.processCount == 0)
        }
        try Simulation(seed: 3, disk: disk.mount()).run { simulation in
            let node = try await Node.open(.keeping(), in: simulation.runtime)
            #expect(try await differences(of: node, in: simulation.runtime) == [])
            #expect(try await node.gateway.configurationHistory(of: "east").map(\.version) == [1, 2])
            await node.close()
        }
    }

    @Test("Cut off at every step of the disk, a recovery is done, or can be done again, and no record is lost")
    func recoveryCutOff() throws {
        let damaged = try prepared()
        try damage(damaged)
        for step in 0... {
            let disk = damaged.copy(seed: UInt64(step))
            try? Simulation(seed: UInt64(step), disk: disk.mount()).run { simulation in
                let node = try await Node.open(.keeping(), in: simulation.runtime)
                disk.crash(after: step, step % 2 == 0 ? .dropAll : .random)
                let recovery = simulation.runtime.spawn { _ = try? await node.gateway.recoverConfiguration() }
                try await simulation.runtime.sleep(for: .milliseconds(200))
                if !disk.isCrashPlanned { throw StoreError.invalid("cut off") }
                await recovery.value
                await node.close()
            }
            let wasCut = !disk.isCrashPlanned
            disk.mend()
            // Another seed: ids are random, and those of two lives are not the same.
            try Simulation(seed: UInt64(step) + 1_000_000, disk: disk.mount()).run { simulation in
                let node = try await Node.open(.keeping(), in: simulation.runtime)
                do {
                    _ = try await node.gateway.recoverConfiguration()
                } catch StoreError.refused("the configuration store is not damaged") {
                    // Then it is done.
                }
                try await node.gateway.awaitRecords(within: .seconds(10))
                #expect(try await differences(of: node, in: simulation.runtime) == [], "step \(step)")
                let records = try await node.gateway.configurations().map(\.record)
                #expect(records.map(\.store) == ["east", "west"], "step \(step)")
                #expect(records.map(\.status) == [.active, .inactive], "step \(step)")
                #expect(records.allSatisfy { $0.configuration == ConfigStoreTests.partitions(2) }, "step \(step)")
                await node.close()
            }
            if wasCut { continue }
            #expect(step > 5)
            break
        }
    }

    @Test("A byte flipped anywhere in the configuration store stops no node, and loses or changes no record unseen")
    func flippedStore() throws {
        let disk = try prepared()
        var files: [String] = ["/data/.config/manifest"]
        for directory in ["/data/.config/raft_logs", "/data/.config/snapshots"] {
            files += try disk.list(directory).map { directory + "/" + $0 }
        }
        var seen: Set<String> = []
        for file in files {
            let size = try disk.open(file, .read).size()
            for offset in stride(from: 0, to: size, by: max(1, size / 60)) {
                let copy = disk.copy()
                try copy.corrupt(file, at: offset)
                let isDamaged = try Simulation(seed: 5, disk: copy.mount()).run { simulation in
                    let node = try await Node.open(.keeping(), in: simulation.runtime)
                    let records = try await node.gateway.configurations().map(\.record)
                    #expect(records.map(\.store) == ["east", "west"], "\(file) at \(offset)")
                    #expect(records.map(\.version) == [2, 3], "\(file) at \(offset)")
                    #expect(try await ConfigStoreTests.running(node) == ["east"], "\(file) at \(offset)")
                    await node.close()
                    return simulation.logs.events.contains { $0.logfmt.contains("store.configuration.damaged") }
                }
                seen.insert(isDamaged ? "damaged" : "whole")
            }
        }
        #expect(seen == ["damaged", "whole"])
    }

    @Test("Without a copy that can be used, a damaged one changes nothing, and says what there is to do")
    func damagedCopy() throws {
        let disk = try prepared()
        try damage(disk)
        try disk.corrupt("/data/configuration.cache", at: 100, xor: 1)
        try Simulation(seed: 2, disk: disk.mount()).run { simulation in
            let node = try await Node.open(.keeping(), in: simulation.runtime)
            // The stores go by what they know themselves.
            #expect(try await node.gateway.stores().map(\.id) == ["east", "west"])
            let error = await #expect(throws: StoreError.self) { _ = try await node.gateway.recoverConfiguration() }
            #expect(error?.description.contains("configuration.cache") == true)
            await #expect(throws: StoreError.self) { _ = try await node.gateway.configurations() }
            await node.close()
        }
    }

    @Test("A configuration store whose directory was deleted is made anew from the copy")
    func deletedDirectory() throws {
        let disk = try prepared()
        for directory in ["/data/.config/raft_logs", "/data/.config/snapshots"] {
            for name in try disk.list(directory) { try disk.removeFile(directory + "/" + name) }
            try disk.removeDirectory(directory)
        }
        for name in try disk.list("/data/.config") { try disk.removeFile("/data/.config/" + name) }
        try disk.removeDirectory("/data/.config")
        try Simulation(seed: 2, disk: disk.mount()).run { simulation in
            let node = try await Node.open(.keeping(), in: simulation.runtime)
            let records = try await node.gateway.configurations().map(\.record)
            #expect(records.map(\.store) == ["east", "west"])
            #expect(records.map(\.status) == [.active, .inactive])
            #expect(records.allSatisfy { $0.change == .recovery })
            await node.close()
        }
    }

    @Test("A store that is put inactive stops, refuses, stays so after a restart, and comes back with all it had")
    func inactive() throws {
        let disk = SimulatedDisk(seed: 3)
        try Simulation(seed: 3, disk: disk.mount()).run { simulation in
            let node = try await Node.open(.keeping(), in: simulation.runtime)
            _ = try await node.gateway.putConfiguration(of: "east", StoreConfiguration(), by: "x")
            _ = try await node.gateway.append(to: "east", stream: "s", expecting: .any, happenings(0..<3))
            _ = try await node.gateway.putConfiguration(
                of: "east",
                StoreConfiguration(),
                status: .inactive,
                expecting: nil,
                by: "x"
            )
            #expect(try await node.gateway.storeStatus("east").status == .stopped)
            await #expect(throws: StoreError.refused("store 'east' is inactive")) {
                _ = try await node.gateway.append(to: "east", stream: "s", expecting: .any, happenings(3..<4))
            }
            await node.close()
        }
        try Simulation(seed: 4, disk: disk.mount()).run { simulation in
            let node = try await Node.open(.keeping(), in: simulation.runtime)
            #expect(!simulation.logs.events.contains { $0.logfmt.contains("store=east") })
            await #expect(throws: StoreError.refused("store 'east' is inactive")) {
                _ = try await node.gateway.readAll(from: "east", start: 0, count: 9)
            }
            _ = try await node.gateway.putConfiguration(of: "east", StoreConfiguration(), by: "x")
            #expect(try await node.gateway.readAll(from: "east", start: 0, count: 9).count == 3)
            await node.close()
        }
    }

    @Test("Damage that is found while it is open turns it read-only at once; the stores go on")
    func damageWhileOpen() throws {
        let disk = SimulatedDisk(seed: 4)
        try Simulation(seed: 4, disk: disk.mount()).run { simulation in
            let runtime = simulation.runtime
            let node = try await Node.open(.keeping(), in: runtime)
            let gateway = node.gateway
            for count in 1...3 {
                _ = try await gateway.putConfiguration(of: "east", ConfigStoreTests.partitions(count), by: "x")
            }
            let logs = "/data/.config/raft_logs/"
            let name = try #require(try disk.list(logs).first)
            try disk.corrupt(logs + name, at: 200)
            let error = await #expect(throws: StoreError.self) {
                _ = try await gateway.configurationHistory(of: "east")
            }
            if case .damaged(store: ".config", _, _, _) = error {} else { Issue.record("\(String(describing: error))") }
            try await runtime.sleep(for: .milliseconds(100))
            #expect(try await gateway.configuration(of: "east").configuration == ConfigStoreTests.partitions(3))
            let refusal = await #expect(throws: StoreError.self) {
                _ = try await gateway.putConfiguration(of: "east", ConfigStoreTests.partitions(1), by: "x")
            }
            if case .configurationReadOnly = refusal {} else { Issue.record("\(String(describing: refusal))") }
            _ = try await gateway.append(to: "east", stream: "s", expecting: .any, happenings(0..<1))
            #expect(try await gateway.verify(".config").problems.isEmpty == false)
            _ = try await gateway.recoverConfiguration()
            #expect(try await gateway.verify(".config").problems == [])
            _ = try await gateway.putConfiguration(of: "east", ConfigStoreTests.partitions(1), by: "x")
            let problems = try await differences(of: node, in: runtime)
            #expect(problems == [])
            await node.close()
            #expect(runtime.processCount == 0)
        }
    }

    @Test("What cannot be carried out says why, is tried again, and is over when the record says otherwise")
    func problems() throws {
        let disk = SimulatedDisk(seed: 5)
        try Simulation(seed: 5, disk: disk.mount()).run { simulation in
            let runtime = simulation.runtime
            let node = try await Node.open(.keeping(), in: runtime)
            let gateway = node.gateway
            // Somebody's files are where the store is to be.
            try disk.createDirectory("/elsewhere")
            let file = try disk.open("/elsewhere/precious", .create)
            file.close()
            var configuration = StoreConfiguration()
            configuration.directory = "/elsewhere"
            let error = await #expect(throws: StoreError.self) {
                _ = try await gateway.putConfiguration(of: "east", configuration, by: "x")
            }
            #expect(error?.description.contains("on record as version 1") == true)
            let listed = try await gateway.configurations()
            #expect(listed.count == 1 && listed.first?.problem?.contains("/elsewhere") == true, "\(listed)")
            #expect(simulation.logs.events.contains { $0.logfmt.contains("store.configuration.failed") })
            // The files are taken away, and then it comes to be by itself.
            try disk.removeFile("/elsewhere/precious")
            try await runtime.sleep(for: .seconds(40))
            #expect(try await differences(of: node, in: runtime) == [])
            #expect(try await ConfigStoreTests.running(node) == ["east"])

            // What is created without a record being asked for either is, or leaves nothing behind.
            let other = try disk.open("/data/west", .create)
            other.close()
            await #expect(throws: StoreError.self) { try await gateway.createStore("west") }
            await #expect(throws: StoreError.noSuchConfiguration("west")) {
                try await gateway.configuration(of: "west")
            }
            try disk.removeFile("/data/west")
            try await gateway.createStore("west")
            await #expect(throws: StoreError.storeExists("west")) { try await gateway.createStore("west") }
            #expect(try await ConfigStoreTests.running(node) == ["east", "west"])
            #expect(try await differences(of: node, in: runtime) == [])
            await node.close()
        }
    }

    @Test(
        "A follower that crashes or is killed around carrying something out finishes it when it is back",
        arguments: ["configuration.beforeCarryOut", "configuration.afterCarryOut"],
        [Fault.crash, .kill]
    )
    func followerEnds(_ point: String, _ fault: Fault) throws {
        for seed in Seeds(20) {
            let simulation = Simulation(seed: seed)
            try simulation.run { simulation in
                let node = try await Node.open(.keeping(), in: simulation.runtime)
                let gateway = node.gateway
                _ = try await gateway.putConfiguration(of: "east", ConfigStoreTests.partitions(1), by: "x")
                simulation.faults.inject(fault, at: .point(point), of: "node/configured/follower", times: 2)
                _ = try? await gateway.putConfiguration(of: "west", ConfigStoreTests.partitions(2), by: "x")
                _ = try? await gateway.deleteConfiguration(of: "east", expecting: nil, erasing: true, by: "x")
                try await simulation.runtime.sleep(for: .seconds(40))
                try simulation.faults.expectAllHappened()
                #expect(try await differences(of: node, in: simulation.runtime) == [], "seed \(seed)")
                #expect(try await ConfigStoreTests.running(node) == ["west"], "seed \(seed)")
                await node.close()
            }
        }
    }
}
