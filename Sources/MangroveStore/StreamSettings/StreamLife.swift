/// How much of a stream is left: what the log decides by, kept as a fact under the stream's name.
///
/// Versions below the floor are gone, and the floor never falls: so what was once gone stays gone, whatever is set later.
/// It is carried over into every later change of the settings, so that only the last of them counts.
///
/// ```
/// size
///    1  format: 1
///    1  marks: 1 tombstone, 2 at most so many events, 4 at most so old
///    8  floor
///    8  events kept at most
///    8  microseconds they are kept at most
/// ```
package struct StreamLife: Sendable, Equatable {
    /// Versions below are gone.
    package var floor = 0
    /// How many events the stream keeps, or nil.
    package var maxCount: Int?
    /// For how many microseconds the stream keeps an event, or nil.
    package var maxAge: Int64?
    /// Whether the stream ended for good.
    package var isTombstone = false

    /// A stream that keeps everything.
    package init() {}

    /// The floor once the stream's next version is `next`.
    package func floor(next: Int) -> Int {
        guard let maxCount, next - maxCount > floor else { return floor }
        return next - maxCount
    }

    /// The bytes it is kept as.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = [1, (isTombstone ? 1 : 0) | (maxCount == nil ? 0 : 2) | (maxAge == nil ? 0 : 4)]
        bytes.append(little: UInt64(floor))
        bytes.append(little: UInt64(maxCount ?? 0))
        bytes.append(little: maxAge ?? 0)
        return bytes
    }

    /// Reads what was kept.
    /// - Throws: ``Malformed``.
    package init(decoding bytes: [UInt8]) throws(Malformed) {
        self = try bytes.withUnsafeBufferPointer { bytes throws(Malformed) in
            try Self.decode(UnsafeRawBufferPointer(bytes))
        }
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) throws(Malformed) -> StreamLife {
        var reader = ByteReader(bytes)
        guard try reader.integer(UInt8.self) == 1 else { throw Malformed("a stream's settings are of no known format") }
        let marks = try reader.integer(UInt8.self)
        var life = StreamLife()
        life.isTombstone = marks & 1 == 1
        life.floor = try reader.count()
        let (maxCount, maxAge) = (try reader.count(), try reader.integer(Int64.self))
        if marks & 2 == 2 { life.maxCount = maxCount }
        if marks & 4 == 4 { life.maxAge = maxAge }
        guard marks <= 7, reader.remaining == 0, life.maxCount ?? 1 > 0, life.maxAge ?? 1 > 0 else {
            throw Malformed("a stream's settings cannot be right")
        }
        return life
    }
}
