/// Bytes that do not say what they should: what was wrong with them.
package struct Malformed: Error, Sendable, Equatable {
    /// The rule they break.
    package var what: String

    /// Makes an error.
    package init(_ what: String) {
        self.what = what
    }
}

/// Takes little-endian values off the front of some bytes. Nothing is read, and nothing allocated, past their end.
package struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    /// Bytes taken so far.
    package private(set) var offset: Int

    /// Starts at `offset` in `bytes`, which must outlive the reader.
    package init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = min(max(offset, 0), bytes.count)
    }

    /// Bytes left.
    package var remaining: Int { bytes.count - offset }

    /// Takes an integer.
    /// - Throws: ``Malformed`` if too few bytes are left; nothing was taken.
    package mutating func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ type: Integer.Type = Integer.self
    ) throws(Malformed) -> Integer {
        let size = MemoryLayout<Integer>.size
        guard remaining >= size else { throw Malformed("it ends too early") }
        defer { offset += size }
        return Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    /// Takes an unsigned 64-bit number that must fit an `Int`.
    /// - Throws: ``Malformed`` if too few bytes are left or the number is too large.
    package mutating func count() throws(Malformed) -> Int {
        guard let value = Int(exactly: try integer(UInt64.self)) else { throw Malformed("a number is too large") }
        return value
    }

    /// Takes the next `count` bytes, without copying them.
    /// - Throws: ``Malformed`` if fewer are left; nothing was taken.
    package mutating func slice(_ count: Int) throws(Malformed) -> UnsafeRawBufferPointer {
        guard count >= 0, remaining >= count else { throw Malformed("it ends too early") }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    /// Takes `count` bytes of UTF-8.
    /// - Throws: ``Malformed`` if fewer are left or they are not UTF-8.
    package mutating func text(_ count: Int) throws(Malformed) -> String {
        let slice = try slice(count)
        guard let text = String(validating: slice.bindMemory(to: UInt8.self), as: UTF8.self) else {
            throw Malformed("a text is not UTF-8")
        }
        return text
    }
}

extension [UInt8] {
    /// Appends an integer, little-endian.
    package mutating func append<Integer: FixedWidthInteger & BitwiseCopyable>(little value: Integer) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Writes an integer, little-endian, over the bytes at `offset`; they must be there.
    package mutating func overwrite<Integer: FixedWidthInteger & BitwiseCopyable>(little value: Integer, at offset: Int)
    {
        Swift.withUnsafeBytes(of: value.littleEndian) { source in
            for index in source.indices {
                self[offset + index] = source[index]
            }
        }
    }
}
