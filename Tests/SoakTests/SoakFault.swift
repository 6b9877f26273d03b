import Mangrove
import MangroveStore
import MangroveTesting

/// Every kind of thing that goes wrong in the soak.
enum SoakFault: String, CaseIterable, Sendable {
    case crashedWorker, crashedSupervisor, killedWorker, killedSupervisor
    case hang, stuckTurn, slowTurns, failingStart, crashInTurn, crashBurst
    case crashAtPoint, killAtPoint, hangAtPoint, slowPoint
    case lossDroppingAll, lossKeepingAll, lossAtRandom, lossInTheMiddle
    case failedFlush, tornWrite, failedSync, fullDisk, slowFlush
    case flippedLogByte, flippedCheckpointByte
    case orderlyRestart, storeMadeAndRemoved
}

/// Makes things go wrong in a world, as its seed says.
struct SoakNemesis {
    private let world: World
    /// Every point at which a fault can be had.
    private let points: [String]
    private var generator: SeededGenerator

    init(_ world: World, points: [String], seed: UInt64) {
        self.world = world
        self.points = points
        generator = SeededGenerator(seed: seed)
    }

    private var faults: Faults { world.simulation.faults }
    private var disk: SimulatedDisk { world.machine.disk }

    private mutating func random(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }

    private func pause(_ milliseconds: Int) async { await world.sleep(milliseconds) }

    /// Lets the seed choose what goes wrong next, and again if that does not come to pass.
    mutating func strike() async {
        for _ in 0..<4 {
            let fault = SoakFault.allCases[random(0..<SoakFault.allCases.count)]
            let isDone = await happens(fault)
            faults.revokeAll()
            if isDone { return world.note(fault) }
        }
    }

    /// - Returns: whether it came to pass.
    private mutating func happens(_ fault: SoakFault) async -> Bool {
        switch fault {
        case .crashedWorker: return hit(isSupervisor: false, .crash)
        case .crashedSupervisor: return hit(isSupervisor: true, .crash)
        case .killedWorker: return hit(isSupervisor: false, .kill)
        case .killedSupervisor: return hit(isSupervisor: true, .kill)
        case .hang: return await holdUp(.hang)
        case .stuckTurn: return await holdUp(.stuck(.milliseconds(random(5..<1_500))))
        case .slowTurns:
            let slow = Fault.slow(.milliseconds(random(1..<20)))
            return await count { $0.inject(slow, at: .anyTurn, of: .workers, chance: 0.3, times: 4) }
        case .crashInTurn:
            return await count { $0.inject(.crash, at: .anyTurn, of: .anyone, skipping: random(0..<12)) }
        case .failingStart: return await failStart()
        case .crashBurst: return await burst()
        case .crashAtPoint: return await atPoint(.crash)
        case .killAtPoint: return await atPoint(.kill)
        case .hangAtPoint: return await atPoint(.hang)
        case .slowPoint: return await atPoint(.slow(.milliseconds(random(1..<30))))
        case .lossDroppingAll: return await losePower(.dropAll)
        case .lossKeepingAll: return await losePower(.keepAll)
        case .lossAtRandom: return await losePower(.random)
        case .lossInTheMiddle: return await losePowerLater()
        case .failedFlush: return await onDisk(.failedFlush) { $0.failNextFlush() }
        case .tornWrite: return await onDisk(.failedWrite) { $0.failNextWrite() }
        case .failedSync: return await onDisk(.failedSync) { $0.failNextSync() }
        case .fullDisk:
            let room = random(0..<600)
            return await onDisk(.full) { $0.capacity = $0.usedSpace + room }
        case .slowFlush: return await slowDown()
        case .flippedLogByte: return flipInLog()
        case .flippedCheckpointByte: return flipInCheckpoint()
        case .orderlyRestart:
            await world.close()
            await world.operate()
            return true
        case .storeMadeAndRemoved: return await Self.makeAndRemove(in: world)
        }
    }

    // MARK: Processes

    private mutating func choose(_ isWanted: (ProcessTree.Node) -> Bool) -> ProcessTree.Node? {
        let nodes = world.machine.runtime.tree().nodes.filter { $0.state == .running && isWanted($0) }
        return nodes.isEmpty ? nil : nodes[random(0..<nodes.count)]
    }

    private mutating func hit(isSupervisor: Bool, _ fault: Fault) -> Bool {
        let target = FaultTarget.where { $0.isSupervisor == isSupervisor && $0.path.hasPrefix("n:") }
        return (try? world.simulation.hitOne(of: target, with: fault)) != nil
    }

    /// Injects something and gives it some time.
    private func count(_ inject: (Faults) -> InjectionID) async -> Bool {
        let injection = inject(faults)
        await pause(15)
        return faults.count(of: injection) > 0
    }

    /// Has a process hang in a turn, and kills it then.
    private mutating func holdUp(_ fault: Fault) async -> Bool {
        guard let node = choose({ $0.kind == .worker }) else { return false }
        let path = "n:" + node.path
        let injection = faults.inject(fault, at: .anyTurn, of: .path(path))
        await pause(12)
        guard faults.count(of: injection) > 0 else { return false }
        await pause(random(0..<30))
        try? world.simulation.kill(path)
        return true
    }

    private mutating func failStart() async -> Bool {
        guard let node = choose({ $0.kind == .worker && !$0.path.contains("/writers/") }) else { return false }
        let path = "n:" + node.path
        let injection = faults.failStart(of: .path(path), times: random(1..<3))
        try? world.simulation.crash(path)
        await pause(10)
        return faults.count(of: injection) > 0
    }

    /// Crashes one and the same process again and again, until whoever restarts it has enough.
    private mutating func burst() async -> Bool {
        let wanted = [
            "/leader/tracker", "/registration", "/gateway/0", "soak/ledger", "/persistence-worker", "/pub-sub",
        ]
        let end = wanted[random(0..<wanted.count)]
        guard let node = choose({ $0.path.hasSuffix(end) }) else { return false }
        var crashes = 0
        for _ in 0..<(end == "/gateway/0" ? 18 : 6) {
            if (try? world.simulation.crash("n:" + node.path)) != nil { crashes += 1 }
            await pause(1)
        }
        return crashes > 2
    }

    private mutating func atPoint(_ fault: Fault) async -> Bool {
        let point = points[random(0..<points.count)]
        let before = faults.occurrences.count
        let injection = faults.inject(fault, at: .point(point), of: .anyone, skipping: random(0..<2))
        await pause(random(1..<8))
        // Some points are reached only by doing the rare thing.
        let isRare = ["Manifest", "Removal", "CarryOut"].contains { point.hasSuffix($0) }
        if point.hasPrefix("transaction") {
            let seed = UInt64(random(0..<1_000_000))
            beside { world in
                var client = TransactionClient(world, seed: seed)
                await client.transact()
            }
        }
        switch isRare ? 1 : point.hasSuffix("Close") ? 2 : random(0..<4) {
        case 0: _ = hit(isSupervisor: false, .crash)
        // These hang perhaps: nobody waits for them here.
        case 1: beside { _ = await Self.makeAndRemove(in: $0) }
        case 2: beside { await $0.close() }
        default:
            if let node = choose({ $0.path.hasSuffix("/engine") }) { try? world.simulation.kill("n:" + node.path) }
        }
        await pause(15)
        guard faults.count(of: injection) > 0 else { return false }
        if case .hang = fault.kind {
            let paths = faults.occurrences[before...].map(\.path)
            await pause(random(0..<10))
            for path in paths { try? world.simulation.kill(path) }
        }
        return true
    }

    private func beside(_ work: @escaping @Sendable (World) async -> Void) {
        world.simulation.runtime.spawn { [world] in await work(world) }
    }

    // MARK: Power

    private mutating func losePower(_ policy: CrashPolicy) async -> Bool {
        guard world.machine.isOn else { return false }
        world.machine.powerOff(policy)
        world.forgetNode()
        await pause(random(0..<4))
        await world.operate()
        return true
    }

    /// Has the power fail at a change of the disk, again and again: what is torn then depends on which one it is.
    private mutating func losePowerLater() async -> Bool {
        var losses = 0
        for _ in 0..<3 {
            disk.crash(after: random(0..<12), .random)
            for _ in 0..<20 where world.machine.isOn { await pause(1) }
            disk.mend()
            guard !world.machine.isOn else { continue }
            losses += 1
            world.forgetNode()
            await world.operate()
        }
        return losses > 0
    }

    // MARK: The disk

    private mutating func onDisk(_ fault: DiskFault, _ inject: (SimulatedDisk) -> Void) async -> Bool {
        let before = disk.faults[fault] ?? 0
        inject(disk)
        await pause(random(5..<25))
        disk.mend()
        return disk.faults[fault] ?? 0 > before
    }

    private mutating func slowDown() async -> Bool {
        let before = world.machine.threads.slowed
        world.machine.threads.slowDown(next: random(1..<6), by: .milliseconds(random(1..<60)))
        await pause(20)
        world.machine.threads.slowDown(next: 0, by: .zero)
        return world.machine.threads.slowed > before
    }

    /// Changes a byte of a segment behind which there is another: what stands there is known to have been durable, so
    /// that the damage cannot be taken for what a crash leaves.
    private mutating func flipInLog() -> Bool {
        guard !world.hasDamage else { return false }
        let store = World.stores[random(0..<2)]
        let directory = "/data/\(store)/raft_logs"
        guard let names = try? disk.list(directory), names.count > 1 else { return false }
        let path = directory + "/" + names[random(0..<names.count - 1)]
        guard let size = disk.platter(path)?.count, size > 0 else { return false }
        world.noteDamage(store)
        do { try disk.corrupt(path, at: random(0..<size), xor: 1 << UInt8(random(0..<8))) } catch { return false }
        return true
    }

    private mutating func flipInCheckpoint() -> Bool {
        let directory = "/data/\(World.stores[random(0..<2)])/snapshots"
        guard let name = (try? disk.list(directory))?.first(where: { !$0.hasSuffix(".tmp") }) else { return false }
        guard let size = disk.platter(directory + "/" + name)?.count, size > 0 else { return false }
        do { try disk.corrupt(directory + "/" + name, at: random(0..<size)) } catch { return false }
        return true
    }

    // MARK: Stores

    private static func makeAndRemove(in world: World) async -> Bool {
        guard let gateway = world.gateway else { return false }
        // Whatever is left of it from an earlier time goes first.
        _ = try? await gateway.removeStore("north", erasing: true)
        do {
            try await gateway.createStore("north")
            _ = try await gateway.removeStore("north", erasing: true)
            return true
        } catch {
            return false
        }
    }
}

extension Fault {
    fileprivate enum Kind { case hang, other }

    fileprivate var kind: Kind { description == "hang" ? .hang : .other }
}
