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
            second.withUTF8 { second in
                let (first, second) = (UnsafeRawBufferPointer(first), UnsafeRawBufferPointer(second))
                return first.count == second.count && first.hasBytes(of: second)
            }
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

/// Values by name, spread over many small dictionaries, because a dictionary moves all it holds when it grows.
package struct NameMap<Value: Sendable>: Sendable {
    private static var shardCount: Int { 64 }

    private var shards = [[StreamKey: Value]](repeating: [:], count: shardCount)
    /// Whether there is no value.
    package private(set) var isEmpty = true

    /// Makes an empty map.
    package init() {}

    /// The value for a name, or nil. A value that is there is not taken away again.
    package subscript(name: String) -> Value? {
        get {
            let key = StreamKey(name)
            return shards[Int(key.spread % UInt32(Self.shardCount))][key]
        }
        set {
            let key = StreamKey(name)
            shards[Int(key.spread % UInt32(Self.shardCount))][key] = newValue
            isEmpty = false
        }
    }

    /// All names with their values, in no order.
    package var all: [(name: String, value: Value)] {
        shards.flatMap { shard in shard.map { ($0.key.name, $0.value) } }
    }
}

/// Streams, types or tags of a store: numbered in the order they first appeared in the log, found by name or number, each
/// with the positions of its events.
package struct NameTable: Sendable {
    /// A stream, type or tag.
    package struct Entry: Sendable {
        /// Its name.
        package let name: String
        /// Its events' positions; a stream's by version.
        package var positions = PositionList()
    }

    private var numbers = NameMap<UInt32>()
    private var entries = ChunkedArray<Entry>()

    /// Makes an empty table.
    package init() {}

    /// Makes a table of streams that are numbered already.
    package init(_ streams: ChunkedArray<Entry>) {
        entries = streams
        for number in 0..<streams.count {
            numbers[streams[number].name] = UInt32(number)
        }
    }

    /// How many streams there are.
    package var count: Int { entries.count }

    /// The number of the stream with this name, or nil.
    package func number(of stream: String) -> UInt32? {
        numbers[stream]
    }

    /// The stream with this number, which must exist.
    package subscript(number: UInt32) -> Entry {
        get { entries[Int(number)] }
        _modify { yield &entries[Int(number)] }
    }

    /// Adds a stream that is not there yet.
    package mutating func add(_ stream: String) -> UInt32 {
        let number = UInt32(entries.count)
        entries.append(Entry(name: stream))
        numbers[stream] = number
        return number
    }

    /// The streams by number, without the means to find them by name: what a checkpoint is written from.
    package var all: ChunkedArray<Entry> { entries }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are those of another buffer of the same length: eight at a time.
    fileprivate func hasBytes(of other: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset + 8 <= count {
            guard
                loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    == other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            else { return false }
            offset += 8
        }
        while offset < count {
            guard self[offset] == other[offset] else { return false }
            offset += 1
        }
        return true
    }
}
