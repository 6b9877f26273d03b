/// The positions of one stream's events by version, or of a type's or tag's in order: compact for the many short ones, in
/// pieces for the long ones.
///
/// Positions ascend. A stream of which the first events are gone may start at a later version.
package struct PositionList: Sendable {
    private static var size: Int { 1024 }

    private var full: [[UInt32]] = []
    private var tail: [UInt32] = []
    /// The first version that is in the list.
    package private(set) var base = 0

    /// Makes an empty one.
    package init() {}

    /// Makes an empty one that starts at a version.
    package init(base: Int) {
        self.base = base
    }

    /// The version after the last one.
    package var count: Int { base + full.count * Self.size + tail.count }

    /// Whether it has no position.
    package var isEmpty: Bool { tail.isEmpty && full.isEmpty }

    /// The last position, or nil.
    package var last: UInt32? { tail.last ?? full.last?.last }

    /// The position of the event with this version, which must be in the list.
    package subscript(version: Int) -> UInt32 {
        let index = version - base
        let chunk = index / Self.size
        return chunk < full.count ? full[chunk][index % Self.size] : tail[index % Self.size]
    }

    /// Adds the next event's position.
    package mutating func append(_ position: UInt32) {
        if tail.count == Self.size {
            full.append(tail)
            tail = []
            tail.reserveCapacity(Self.size)
        }
        tail.append(position)
    }

    /// Adds the positions of the next events.
    package mutating func append(_ positions: Range<Int>) {
        for position in positions { append(UInt32(position)) }
    }

    /// The first version from `version` on whose position is at least `position`; ``count`` if there is none.
    ///
    /// Looks near `version` first, in growing steps: cheap for somebody who goes through the list.
    package func first(from version: Int, atLeast position: Int) -> Int {
        var low = max(version, base)
        var step = 1
        while low + step < count, Int(self[low + step]) < position {
            low += step
            step *= 2
        }
        var high = min(low + step, count)
        while low < high {
            let middle = (low + high) / 2
            if Int(self[middle]) < position { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Runs `body` on the positions in order, piece by piece.
    package func forEachChunk<Failure: Error>(_ body: ([UInt32]) throws(Failure) -> Void) throws(Failure) {
        for chunk in full { try body(chunk) }
        if !tail.isEmpty { try body(tail) }
    }
}

/// A set of positions: a bit each, and nothing for pieces of 4,096 of which none is in it.
package struct PositionSet: Sendable {
    private static let bits = 12

    private var pieces: [[UInt64]] = []
    /// How many positions are in it.
    package private(set) var count = 0

    /// Makes an empty set.
    package init() {}

    /// Whether the position is in it.
    package func contains(_ position: Int) -> Bool {
        let piece = position >> Self.bits
        guard piece < pieces.count, !pieces[piece].isEmpty else { return false }
        return pieces[piece][position >> 6 & 63] >> UInt64(position & 63) & 1 == 1
    }

    /// The first position from `position` on that is not in it.
    package func firstAbsent(from position: Int) -> Int {
        var next = position
        while contains(next) {
            // A word at a time where all of it is in the set.
            let word = pieces[next >> Self.bits][next >> 6 & 63]
            next += next & 63 == 0 && word == .max ? 64 : 1
        }
        return next
    }

    /// Puts a position into it; fine if it is there.
    package mutating func insert(_ position: Int) {
        let piece = position >> Self.bits
        while pieces.count <= piece { pieces.append([]) }
        if pieces[piece].isEmpty { pieces[piece] = [UInt64](repeating: 0, count: 64) }
        let bit: UInt64 = 1 << UInt64(position & 63)
        guard pieces[piece][position >> 6 & 63] & bit == 0 else { return }
        pieces[piece][position >> 6 & 63] |= bit
        count += 1
    }
}
