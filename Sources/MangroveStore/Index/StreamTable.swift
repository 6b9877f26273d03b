/// A stream's name as its bytes: Swift's strings count differently spelled texts as equal, a store must not.
package struct StreamKey: Sendable, Hashable {
    /// The name.
    package let name: String

    /// Makes a key.
    package init(_ name: String) {
        self.name = name
    }

    package static func == (first: StreamKey, second: StreamKey) -> Bool {
        var (first, second) = (first.name, second.name)
        return first.withUTF8 { first in
            second.withUTF8 { second in first.count == second.count && zip(first, second).allSatisfy { $0 == $1 } }
        }
    }

    package func hash(into hasher: inout Hasher) {
        var name = name
        name.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// A number that follows from the bytes alone.
    var spread: UInt32 {
        var name = name
        // FNV-1a.
        let hash = name.withUTF8 { $0.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 } }
        return hash ^ hash >> 16
    }
}

/// The streams of a store: numbered in the order they first appeared in the log, found by name or number.
///
/// The names are spread over many small dictionaries, because a dictionary moves all it holds when it grows.
package struct StreamTable: Sendable {
    /// A stream.
    package struct Entry: Sendable {
        /// Its name.
        package let name: String
        /// Its events' positions, by version.
        package var positions = PositionList()
    }

    private static let shardCount = 64

    private var numbers = [[StreamKey: UInt32]](repeating: [:], count: shardCount)
    private var entries = ChunkedArray<Entry>()

    /// Makes an empty table.
    package init() {}

    /// How many streams there are.
    package var count: Int { entries.count }

    private static func shard(of key: StreamKey) -> Int {
        Int(key.spread % UInt32(shardCount))
    }

    /// The number of the stream with this name, or nil.
    package func number(of stream: String) -> UInt32? {
        let key = StreamKey(stream)
        return numbers[Self.shard(of: key)][key]
    }

    /// The stream with this number, which must exist.
    package subscript(number: UInt32) -> Entry {
        get { entries[Int(number)] }
        _modify { yield &entries[Int(number)] }
    }

    /// Adds a stream that is not there yet.
    package mutating func add(_ stream: String) -> UInt32 {
        let key = StreamKey(stream)
        let number = UInt32(entries.count)
        entries.append(Entry(name: stream))
        numbers[Self.shard(of: key)][key] = number
        return number
    }

    /// The streams by number, without the means to find them by name: what a checkpoint is written from.
    package var all: ChunkedArray<Entry> { entries }
}
