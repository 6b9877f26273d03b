/// Puts values one after the other into memory that was made for all of them. It never writes past its end.
struct FrameWriter {
    private let buffer: UnsafeMutableRawBufferPointer
    /// Bytes written so far.
    private(set) var count = 0

    /// Starts at the beginning of `buffer`, which must outlive the writer.
    init(_ buffer: UnsafeMutableRawBufferPointer) {
        self.buffer = buffer
    }

    /// Puts an integer, little-endian.
    @inline(__always)
    mutating func put<Integer: FixedWidthInteger & BitwiseCopyable>(little value: Integer) {
        precondition(count + MemoryLayout<Integer>.size <= buffer.count)
        buffer.storeBytes(of: value.littleEndian, toByteOffset: count, as: Integer.self)
        count += MemoryLayout<Integer>.size
    }

    /// Puts the size of a text in two bytes, and the text.
    mutating func put(short text: String) {
        var text = text
        text.withUTF8 { bytes in
            put(little: UInt16(truncatingIfNeeded: bytes.count))
            put(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Puts the number of bytes in four bytes, and the bytes.
    mutating func put(long bytes: [UInt8]) {
        put(little: UInt32(truncatingIfNeeded: bytes.count))
        bytes.withUnsafeBytes { put($0) }
    }

    private mutating func put(_ bytes: UnsafeRawBufferPointer) {
        precondition(count + bytes.count <= buffer.count)
        UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).copyMemory(from: bytes)
        count += bytes.count
    }
}
