/// Who has which name in a runtime: each name is held by at most one living process, and each process has at most one.
///
/// The contract is a ``Registry``'s, and so are the two rules that are stricter than OTP's: a look-up never returns a dead process,
/// and a name is free before anyone learns that its holder has ended. As a process knows its name, nothing need be noted of who
/// holds what: it gives the name back itself when it ends. As its door says whether it has started, nothing need be noted of that
/// either.
///
/// Inside a shard's lock nothing is looked at but the doors of processes.
final class NameTable: Sendable {
    private typealias Shard = Lock<[ProcessName: ProcessCell]>

    private let shards: [Shard]

    /// - Parameter partitions: how many locks share the names; a power of two.
    init(partitions: Int) {
        shards = (0..<partitions).map { _ in Shard([:]) }
    }

    private func shard(of name: ProcessName) -> Shard {
        // By other bits than those by which the shard's table tells names apart.
        shards[(name._rawHashValue(seed: 0) >> 48) & (shards.count - 1)]
    }

    /// How many names are held.
    var count: Int {
        shards.reduce(0) { sum, shard in sum + shard.withLock { $0.count } }
    }

    /// The process that has a name: one that has finished starting and is not dead.
    func holder(of name: ProcessName) -> ProcessCell? {
        guard let cell = shard(of: name).withLock({ $0[name] }), isFound(cell) else { return nil }
        return cell
    }

    /// Every name that leads to a process, with that one, in no order.
    var entries: [RegistryEntry<ProcessName, Void>] {
        shards.flatMap { shard in shard.withLock { Array($0) } }.compactMap { name, cell in
            isFound(cell) ? RegistryEntry(key: name, value: (), process: AnyRef(cell)) : nil
        }
    }

    private func isFound(_ cell: ProcessCell) -> Bool {
        #if DEBUG || MANGROVE_FAULTS
            if cell.gate.hasOpened, cell.runtime.isBroken(.findsTheDead) { return true }
        #endif
        return cell.gate.hasOpened && !cell.gate.isDead
    }

    /// Gives a process its name while it starts.
    ///
    /// One that has ended meanwhile gets none, and that is no error: its start finds out by itself.
    /// - Throws: who has the name.
    func reserve(_ name: ProcessName, for cell: ProcessCell) throws(RegistryError) {
        let holder = shard(of: name).withLock { names -> ProcessCell? in
            // One that has ended, but has not given its name back yet, does not hold it any more.
            if let present = names[name], !present.gate.isDead { return present }
            // What is given back at the end is had before it, or not at all.
            if !cell.gate.isDead { names[name] = cell }
            return nil
        }
        if let holder { throw .alreadyRegistered(holder.id) }
    }

    /// Takes back the name of a process that has ended.
    func release(_ name: ProcessName, of cell: ProcessCell) {
        shard(of: name).withLock { names in
            guard let index = names.index(forKey: name), names.values[index] === cell else { return }
            names.remove(at: index)
        }
    }
}
