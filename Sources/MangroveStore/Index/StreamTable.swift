/// A stream's name as its bytes: Swift's strings count differently spelled texts as equal, a store must not.
package struct StreamKey: Sendable, Hashable {
    /// The name.
    package let name: String

    /// Makes a key.
    package init(_ name: String) {
        self.name = name
    }

    package static func == (first: StreamKey, second: StreamKey) -> Bool {
        first.name.utf8.elementsEqual(second.name.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for byte in name.utf8 { hasher.combine(byte) }
        hasher.combine(0xFF as UInt8)
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
        // FNV-1a; only its spread matters.
        var hash: UInt32 = 0x811C_9DC5
        for byte in key.name.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return Int((hash ^ hash >> 16) % UInt32(shardCount))
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
