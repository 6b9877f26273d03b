/// Finds numbers, given out from 0 on, by 64-bit hashes that somebody else makes: nothing in it is ever taken out.
///
/// A hash table of eight bytes a slot, half of them free: the upper half of the hash, and the number plus one. The hashes must
/// not be for strangers to choose.
struct HashedNumbers: Sendable {
    private var slots: [UInt64] = []
    /// How many numbers there are; the next one.
    private(set) var count = 0

    /// Makes an empty table.
    init() {}

    /// Makes an empty table with room for so many.
    init(room: Int) {
        slots = [UInt64](repeating: 0, count: Self.slots(for: room))
    }

    private static func slots(for count: Int) -> Int {
        1 << (Int.bitWidth - (max(count, 16) * 2 - 1).leadingZeroBitCount)
    }

    /// Gives the next number to a hash.
    mutating func append(_ hash: UInt64) {
        if (count + 1) * 2 > slots.count { grow() }
        count += 1
        place(hash & ~0xFFFF_FFFF | UInt64(count))
    }

    /// The first of a hash's numbers that is meant.
    func first(_ hash: UInt64, where isMeant: (Int) -> Bool) -> Int? {
        guard !slots.isEmpty else { return nil }
        let mask = slots.count - 1
        var slot = Int(hash >> 32) & mask
        while slots[slot] != 0 {
            let number = Int(slots[slot] & 0xFFFF_FFFF) - 1
            if slots[slot] >> 32 == hash >> 32, isMeant(number) { return number }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private mutating func place(_ entry: UInt64) {
        let mask = slots.count - 1
        var slot = Int(entry >> 32) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = entry
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: Self.slots(for: count * 2))
        for entry in old where entry != 0 { place(entry) }
    }
}
