/// Finds the positions of events by a 64-bit fingerprint of stream and id.
///
/// An extendible hash table: the fingerprint's upper bits choose a shard, its lower bits a slot in it. A shard that is
/// three quarters full splits in two, so the longest pause of an insertion is the splitting of 2,048 slots, whatever the
/// size of the store. A slot is four bytes: the position plus one, or 0. The fingerprints themselves are a column of the
/// index, handed in to every call.
package struct FingerprintTable: Sendable {
    private static let largestShard = 2048

    private struct Shard {
        /// How many upper bits all of the shard's fingerprints share.
        var depth: Int
        var used = 0
        var slots: [UInt32]
    }

    /// Which shard each value of the upper `depth` bits belongs to.
    private var directory: [UInt32] = [0]
    private var depth = 0
    private var count = 0
    private var shards = [Shard(depth: 0, slots: [UInt32](repeating: 0, count: 16))]

    /// Makes an empty table.
    package init() {}

    /// Makes an empty table with room for as many positions, so that none of them has it grow.
    package init(room: Int) {
        while room >> depth > Self.largestShard / 3 * 2 { depth += 1 }
        guard depth > 0 else { return }
        directory = (0..<UInt32(1 << depth)).map { $0 }
        let shard = Shard(depth: depth, slots: [UInt32](repeating: 0, count: Self.largestShard))
        shards = [Shard](repeating: shard, count: directory.count)
    }

    /// Makes the table of a whole column, but for the positions that are left out.
    ///
    /// Put in as they come, each would wait for a shard to be brought from memory. So they are sorted by shard first, some
    /// millions at a time.
    package init(of column: ChunkedArray<UInt64>, where isPresent: (Int) -> Bool) {
        self.init(room: column.count)
        guard depth > 0 else {
            for position in 0..<column.count where isPresent(position) {
                insert(UInt32(position), column[position], in: column)
            }
            return
        }
        var late: [UInt32] = []
        for start in stride(from: 0, to: column.count, by: Self.sortedAtOnce) {
            fill(from: column, start..<min(start + Self.sortedAtOnce, column.count), isPresent, &late)
        }
        for position in late { insert(position, column[Int(position)], in: column) }
    }

    private static let sortedAtOnce = 1 << 22

    private mutating func fill(
        from column: ChunkedArray<UInt64>,
        _ positions: Range<Int>,
        _ isPresent: (Int) -> Bool,
        _ late: inout [UInt32]
    ) {
        let shift = UInt64(64 - depth)
        // Where each shard's share begins, and after the sorting where it ends.
        var ends = [Int](repeating: 0, count: shards.count + 1)
        for position in positions where isPresent(position) { ends[Int(column[position] >> shift) + 1] += 1 }
        for shard in 1..<ends.count { ends[shard] += ends[shard - 1] }
        // The lower half of a fingerprint, which chooses the slot, and the position.
        var sorted = [UInt64](repeating: 0, count: ends[shards.count])
        for position in positions where isPresent(position) {
            let fingerprint = column[position]
            let shard = Int(fingerprint >> shift)
            sorted[ends[shard]] = fingerprint << 32 | UInt64(position)
            ends[shard] += 1
        }
        for shard in shards.indices {
            let share = sorted[(shard == 0 ? 0 : ends[shard - 1])..<ends[shard]]
            // A shard that would have to be split is for later: nothing here could go on as it is.
            guard shards[shard].used + share.count <= Self.largestShard / 4 * 3 else {
                late += share.map { UInt32(truncatingIfNeeded: $0) }
                continue
            }
            for entry in share { Self.place(UInt32(truncatingIfNeeded: entry), entry >> 32, in: &shards[shard]) }
            count += share.count
        }
    }

    private func shard(of fingerprint: UInt64) -> Int {
        Int(directory[depth == 0 ? 0 : Int(fingerprint >> UInt64(64 - depth))])
    }

    /// The positions whose fingerprint is this one: none or one, but for the rarest collisions.
    package func positions(of fingerprint: UInt64, in column: ChunkedArray<UInt64>) -> [UInt32] {
        let shard = shard(of: fingerprint)
        let mask = shards[shard].slots.count - 1
        var slot = Int(truncatingIfNeeded: fingerprint) & mask
        var found: [UInt32] = []
        while true {
            let entry = shards[shard].slots[slot]
            if entry == 0 { return found }
            if column[Int(entry - 1)] == fingerprint { found.append(entry - 1) }
            slot = (slot + 1) & mask
        }
    }

    /// Adds a position, whose fingerprint must be in the column already.
    package mutating func insert(_ position: UInt32, _ fingerprint: UInt64, in column: ChunkedArray<UInt64>) {
        var shard = shard(of: fingerprint)
        while shards[shard].used >= shards[shard].slots.count / 4 * 3 {
            grow(shard, in: column)
            shard = self.shard(of: fingerprint)
        }
        Self.place(position, fingerprint, in: &shards[shard])
        count += 1
    }

    private static func place(_ position: UInt32, _ fingerprint: UInt64, in shard: inout Shard) {
        let mask = shard.slots.count - 1
        var slot = Int(truncatingIfNeeded: fingerprint) & mask
        while shard.slots[slot] != 0 { slot = (slot + 1) & mask }
        shard.slots[slot] = position + 1
        shard.used += 1
    }

    private mutating func grow(_ index: Int, in column: ChunkedArray<UInt64>) {
        let old = shards[index]
        // Spread evenly, that many events fill that many shards. A shard that is deeper holds fingerprints that agree in
        // all those bits: splitting would only double the directory, so the shard just grows.
        guard old.slots.count >= Self.largestShard, 1 << old.depth <= count / 512 else {
            var grown = Shard(depth: old.depth, slots: [UInt32](repeating: 0, count: old.slots.count * 2))
            for entry in old.slots where entry != 0 {
                Self.place(entry - 1, column[Int(entry - 1)], in: &grown)
            }
            shards[index] = grown
            return
        }
        if old.depth == depth {
            directory = directory.flatMap { [$0, $0] }
            depth += 1
        }
        let empty = Shard(depth: old.depth + 1, slots: [UInt32](repeating: 0, count: old.slots.count))
        var zero = empty
        var one = empty
        for entry in old.slots where entry != 0 {
            let fingerprint = column[Int(entry - 1)]
            if fingerprint >> UInt64(63 - old.depth) & 1 == 0 {
                Self.place(entry - 1, fingerprint, in: &zero)
            } else {
                Self.place(entry - 1, fingerprint, in: &one)
            }
        }
        shards[index] = zero
        let other = UInt32(shards.count)
        shards.append(one)
        redirect(from: UInt32(index), to: other, below: old.depth)
    }

    /// Points those entries at the new shard that had the old one and have a 1 in the bit it was split by.
    private mutating func redirect(from old: UInt32, to new: UInt32, below oldDepth: Int) {
        let bit = 1 << (depth - oldDepth - 1)
        for entry in directory.indices where directory[entry] == old && entry & bit != 0 {
            directory[entry] = new
        }
    }
}

/// Turns an event's stream and id into its fingerprint, with the store's own key: nobody outside can pick ids that
/// collide.
package struct Fingerprint: Sendable {
    private let key: StoreIdentity

    /// Makes the fingerprint function of a store.
    package init(_ key: StoreIdentity) {
        self.key = key
    }

    /// The fingerprint of an event in the stream with this number.
    package func of(stream: UInt32, _ id: EventID) -> UInt64 {
        var value = Self.mix(id.high ^ key.high)
        value = Self.mix(value &+ (id.low ^ key.low))
        return Self.mix(value &+ UInt64(stream) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// A bijection in which every bit of the input moves about half of the output.
    private static func mix(_ input: UInt64) -> UInt64 {
        var value = input &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
