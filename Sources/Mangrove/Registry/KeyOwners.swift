/// Which keys each process has in a table, and how often; lives inside the table's lock.
///
/// A process that has anything in the table carries one *registration*, whose release takes everything it has out again:
/// it runs when the process ends, before anyone learns of that. The table's lock may be held while a process's own lock is
/// taken, never the other way round.
struct KeyOwners<Key: Hashable & Sendable>: Sendable {
    private struct Owner: Sendable {
        /// What the process knows its registration by.
        var slot: UInt64
        var keys: [Key: Holding]
    }

    /// What a process has of one key.
    struct Holding: Sendable {
        var count: Int
        /// Grows from one holding to the next, over all tables of a runtime.
        let order: UInt64
    }

    private var owners: [ProcessID: Owner] = [:]

    /// Notes one more entry of a process.
    /// - Parameter release: takes all its entries out of the table.
    /// - Returns: false if the process is dead; nothing is noted then.
    mutating func add(_ key: Key, of process: ProcessCell, release: @escaping @Sendable () -> Void) -> Bool {
        let order = process.runtime.nextSerial()
        guard owners[process.id] != nil else {
            guard process.addRegistration(order, release) else { return false }
            owners[process.id] = Owner(slot: order, keys: [key: Holding(count: 1, order: order)])
            return true
        }
        owners[process.id]?.keys[key, default: Holding(count: 0, order: order)].count += 1
        return true
    }

    /// Notes that entries of a process are gone; with the last one goes its registration.
    mutating func remove(_ key: Key, of process: ProcessCell, count: Int = 1) {
        guard let holding = owners[process.id]?.keys[key] else { return }
        if holding.count > count {
            owners[process.id]?.keys[key]?.count -= count
            return
        }
        owners[process.id]?.keys[key] = nil
        if let owner = owners[process.id], owner.keys.isEmpty {
            owners[process.id] = nil
            process.removeRegistration(owner.slot)
        }
    }

    /// Forgets a process that has ended.
    /// - Returns: its keys, those it took first first.
    mutating func removeAll(of process: ProcessID) -> [Key] {
        guard let owner = owners.removeValue(forKey: process) else { return [] }
        return owner.keys.sorted { $0.value.order < $1.value.order }.map(\.key)
    }

    /// What a process has, in no order.
    func holdings(of process: ProcessID) -> [Key: Holding] {
        owners[process]?.keys ?? [:]
    }
}

extension ProcessCell {
    /// Has `release` run when the process ends, before anyone learns of it.
    /// - Returns: false if it has ended; `release` is not run then.
    func addRegistration(_ slot: UInt64, _ release: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if case .dead = state.phase { return false }
            state.setAside().relations.registrations[slot] = release
            return true
        }
    }

    func removeRegistration(_ slot: UInt64) {
        state.withLock { _ = $0.aside?.relations.registrations.removeValue(forKey: slot) }
    }
}
