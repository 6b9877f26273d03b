/// The facts of one space, sorted by key: small values themselves, of larger ones where their record stands.
///
/// Kept in leaves of at most 128, so that a change moves little, and one after a copy was taken copies one leaf. A fact
/// costs its key, its value up to 256 bytes, and about 150 bytes more.
package struct FactTable: Sendable {
    /// Values of at most this many bytes are kept in memory.
    package static let smallValue = 256
    private static let leafSize = 128

    /// What is known of a fact.
    package struct Entry: Sendable, Equatable {
        /// Its key.
        package var key: FactKey
        /// Bytes of its value.
        package var size: Int
        /// Its value, if that is small.
        package var small: [UInt8]?
        /// The record that set it.
        package var location: RecordLocation

        /// Bytes that it keeps in memory, what every fact takes aside.
        var weight: Int { key.bytes.count + (small?.count ?? 0) }
    }

    /// Each of one entry or more.
    private var leaves: [[Entry]] = []
    /// How many facts there are.
    package private(set) var count = 0
    /// Bytes of the keys and of the values that are kept in memory.
    package private(set) var weight = 0

    /// Makes an empty table.
    package init() {}

    /// The fact with this key, or nil.
    package func find(_ key: FactKey) -> Entry? {
        let place = place(of: key)
        return exists(place, key) ? leaves[place.leaf][place.slot] : nil
    }

    /// Up to `limit` facts whose keys start with `prefix`, in order, after the one with the key `after`.
    package func entries(prefix: FactKey, after: FactKey? = nil, limit: Int = .max) -> [Entry] {
        var found: [Entry] = []
        var place = place(of: after.map { max($0, prefix) } ?? prefix)
        while place.leaf < leaves.count, found.count < limit {
            let leaf = leaves[place.leaf]
            guard place.slot < leaf.count else {
                place = (place.leaf + 1, 0)
                continue
            }
            let entry = leaf[place.slot]
            guard entry.key.starts(with: prefix) else { break }
            if entry.key != after { found.append(entry) }
            place.slot += 1
        }
        return found
    }

    /// The last fact whose key is at most `key` and starts with `prefix`, as `key` does itself, or nil.
    package func last(upTo key: FactKey, prefix: FactKey) -> Entry? {
        var place = place(of: key)
        if !exists(place, key) {
            if place.slot == 0 {
                guard place.leaf > 0 else { return nil }
                place = (place.leaf - 1, leaves[place.leaf - 1].count)
            }
            place.slot -= 1
        }
        let entry = leaves[place.leaf][place.slot]
        return entry.key.starts(with: prefix) ? entry : nil
    }

    /// Adds a fact, or replaces the one with its key.
    package mutating func set(_ entry: Entry) {
        var place = place(of: entry.key)
        weight += entry.weight
        if exists(place, entry.key) {
            weight -= leaves[place.leaf][place.slot].weight
            leaves[place.leaf][place.slot] = entry
            return
        }
        count += 1
        if place.leaf == leaves.count {
            // After all others: the last leaf's end, or the first leaf of all.
            guard !leaves.isEmpty else { return leaves.append([entry]) }
            place = (leaves.count - 1, leaves[leaves.count - 1].count)
        }
        leaves[place.leaf].insert(entry, at: place.slot)
        guard leaves[place.leaf].count > Self.leafSize else { return }
        // In the middle, but at the end where keys come in order, so that leaves are full.
        let atEnd = place.leaf == leaves.count - 1 && place.slot == Self.leafSize
        let upper = Array(leaves[place.leaf][(atEnd ? Self.leafSize : Self.leafSize / 2)...])
        leaves[place.leaf].removeLast(upper.count)
        leaves.insert(upper, at: place.leaf + 1)
    }

    /// Takes over where the facts of a segment that was rewritten now stand; those that are not in it any more are dropped:
    /// something that came later has taken their place or removed them.
    mutating func relocate(within segment: UInt64, to offsets: [FactKey: Int]) {
        var dropped: [FactKey] = []
        for leaf in leaves.indices {
            for slot in leaves[leaf].indices where leaves[leaf][slot].location.segment == segment {
                if let offset = offsets[leaves[leaf][slot].key] {
                    leaves[leaf][slot].location.offset = offset
                } else {
                    dropped.append(leaves[leaf][slot].key)
                }
            }
        }
        for key in dropped { remove(key) }
    }

    /// Removes a fact; fine if it is not there.
    package mutating func remove(_ key: FactKey) {
        let place = place(of: key)
        guard exists(place, key) else { return }
        count -= 1
        weight -= leaves[place.leaf][place.slot].weight
        leaves[place.leaf].remove(at: place.slot)
        if leaves[place.leaf].isEmpty { leaves.remove(at: place.leaf) }
    }

    /// Runs `body` on all facts in order.
    package func forEach<Failure: Error>(_ body: (Entry) throws(Failure) -> Void) throws(Failure) {
        for leaf in leaves {
            for entry in leaf { try body(entry) }
        }
    }

    /// Where the key is or would be: in the first leaf whose last key is not before it.
    private func place(of key: FactKey) -> (leaf: Int, slot: Int) {
        let leaf = Self.first(in: leaves.count) { leaf in
            leaves[leaf][leaves[leaf].count - 1].key >= key
        }
        guard leaf < leaves.count else { return (leaf, 0) }
        return (leaf, Self.first(in: leaves[leaf].count) { slot in leaves[leaf][slot].key >= key })
    }

    private func exists(_ place: (leaf: Int, slot: Int), _ key: FactKey) -> Bool {
        place.leaf < leaves.count && leaves[place.leaf][place.slot].key == key
    }

    /// The first number below `count` for which `holds`, which holds for all after it too; `count` if there is none.
    private static func first(in count: Int, _ holds: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// The facts of a store, by space.
package struct FactTables: Sendable {
    private var tables: [FactSpace: FactTable] = [:]

    /// Makes tables without facts.
    package init() {}

    /// How many facts there are.
    package var count: Int { tables.values.reduce(0) { $0 + $1.count } }

    /// Bytes of the keys and of the values that are kept in memory.
    package var weight: Int { tables.values.reduce(0) { $0 + $1.weight } }

    /// The facts of a space.
    package subscript(space: FactSpace) -> FactTable {
        get { tables[space] ?? FactTable() }
        _modify { yield &tables[space, default: FactTable()] }
    }

    /// Makes the changes of a record.
    package mutating func apply(_ changes: [FactEntry], at location: RecordLocation) {
        for change in changes {
            guard let size = change.size else {
                self[change.space].remove(change.key)
                continue
            }
            self[change.space].set(
                FactTable.Entry(key: change.key, size: size, small: change.small, location: location)
            )
        }
    }
}

/// What the index needs to know of a change of a fact.
package struct FactEntry: Sendable, Equatable {
    /// The space.
    package var space: FactSpace
    /// The key.
    package var key: FactKey
    /// Bytes of the new value, or nil if the fact is removed.
    package var size: Int?
    /// The new value, if it is small.
    package var small: [UInt8]?

    /// Takes what is needed of a change that is to be written.
    package init(_ change: FactChange) {
        space = change.space
        key = change.key
        size = change.value?.count
        small = change.value.flatMap { $0.count <= FactTable.smallValue ? $0 : nil }
    }

    /// Takes what is needed of a change that was read.
    package init(_ change: FactsBody.Change) {
        space = change.space
        key = change.key
        size = change.value?.count
        small = change.value.flatMap { $0.count <= FactTable.smallValue ? Array($0) : nil }
    }
}
