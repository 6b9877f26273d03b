/// What a fact is about: each space has keys of its own.
///
/// A space's number is in the log and in checkpoints for ever.
package enum FactSpace: UInt8, Sendable, CaseIterable {
    /// How long streams keep their events, by stream.
    case streamSettings = 1
    /// The durable subscriptions.
    case subscriptions = 2
    /// How far each subscription has come.
    case checkpoints = 3
    /// Events that a subscription set aside.
    case parked = 4
    /// Snapshots, by source, stream and version.
    case snapshots = 5
    /// The state and place of each projection.
    case projections = 6
    /// What streams say of themselves, by stream.
    case streamMetadata = 7
    /// How far each migration from another store has come.
    case migrations = 8
    /// The transactions over stores that are not over, by their ids.
    case transactions = 9
    /// The stores that were made as their records say, by id; in the store of the records only.
    case madeStores = 10
}

/// A fact's key within its space: bytes, in the order of which the facts of a space are kept.
///
/// Made of parts whose order is the order of the whole: texts end with a zero byte, numbers are written big-endian.
package struct FactKey: Sendable, Hashable, Comparable {
    /// The most bytes a key can have.
    package static let maximum = 4096

    /// The key.
    package let bytes: [UInt8]

    /// A key of these bytes; none make the prefix of all keys.
    package init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    /// A key of one text, which has no zero byte.
    package init(_ text: String) {
        self = FactKey().appending(text)
    }

    /// This key followed by a text, which has no zero byte.
    package func appending(_ text: String) -> FactKey {
        FactKey(bytes + Array(text.utf8) + [0])
    }

    /// This key followed by a number.
    package func appending(_ number: UInt64) -> FactKey {
        var bytes = bytes
        bytes.append(little: number.byteSwapped)
        return FactKey(bytes)
    }

    /// Whether the key starts with all of another.
    package func starts(with prefix: FactKey) -> Bool {
        bytes.starts(with: prefix.bytes)
    }

    /// Whether the first key comes before the second, byte by byte.
    package static func < (first: FactKey, second: FactKey) -> Bool {
        first.bytes.withUnsafeBufferPointer { first in
            second.bytes.withUnsafeBufferPointer { second in
                let shared = min(first.count, second.count)
                for index in 0..<shared where first[index] != second[index] { return first[index] < second[index] }
                return first.count < second.count
            }
        }
    }
}

extension FactKey {
    /// Takes a key of such parts apart again.
    package struct Parts {
        private var rest: ArraySlice<UInt8>

        /// Starts at the key's first part.
        package init(_ key: FactKey) {
            rest = key.bytes[...]
        }

        /// The text that comes next, or nil if none does.
        package mutating func text() -> String? {
            guard let end = rest.firstIndex(of: 0) else { return nil }
            defer { rest = rest[(end + 1)...] }
            return String(validating: rest[..<end], as: UTF8.self)
        }

        /// The number that comes next, or nil if too little is left.
        package mutating func number() -> UInt64? {
            guard rest.count >= 8 else { return nil }
            defer { rest = rest.dropFirst(8) }
            return rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}

/// A durable value under a key.
package struct Fact: Sendable, Equatable {
    /// The key.
    package var key: FactKey
    /// The value.
    package var value: [UInt8]
}

/// A fact to be set or removed.
package struct FactChange: Sendable, Equatable {
    /// The space.
    package var space: FactSpace
    /// The key.
    package var key: FactKey
    /// The new value, or nil to remove the fact; removing what is not there is fine.
    package var value: [UInt8]?

    /// Sets a fact, or with nil removes it.
    package init(_ space: FactSpace, _ key: FactKey, _ value: [UInt8]?) {
        self.space = space
        self.key = key
        self.value = value
    }
}
