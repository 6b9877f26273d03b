/// A line of input and its number.
package struct NumberedLine: Sendable, Equatable {
    /// The number, from 1; blank lines count.
    package var number: Int
    /// The bytes, without the line end.
    package var bytes: [UInt8]

    /// Makes a line.
    package init(number: Int, bytes: [UInt8]) {
        self.number = number
        self.bytes = bytes
    }
}

/// Cuts chunks of bytes into lines, as they come.
///
/// Never more than one chunk and one line are held. Lines end with LF or CRLF; the last one need not end. Blank lines
/// (nothing but spaces and tabs) are passed over but counted, and so is a byte order mark at the very beginning.
package struct LineSplitter: Sendable {
    /// How long a line may be, in bytes, unless said otherwise: 8 MiB.
    package static let maximumLineLength = 8 << 20

    private let limit: Int
    private var buffer: [UInt8] = []
    /// What of the buffer has been given out.
    private var start = 0
    /// What of the buffer has been searched for a line end.
    private var searched = 0
    private var number = 0
    private var ended = false

    /// Makes a splitter that refuses lines of more than `limit` bytes.
    package init(limit: Int = LineSplitter.maximumLineLength) {
        self.limit = limit
    }

    /// Takes the next chunk of input. Take all its lines with ``next()`` before the next chunk.
    package mutating func append(_ chunk: [UInt8]) {
        buffer.removeFirst(start)
        searched -= start
        start = 0
        buffer.append(contentsOf: chunk)
    }

    /// Says that there is no more input: what is left is the last line.
    package mutating func finish() {
        ended = true
    }

    /// The next line that is not blank, or nil if more input is needed or there is none.
    /// - Throws: ``NDJSONError`` if the line is too long; no further line can be had.
    package mutating func next() throws(NDJSONError) -> NumberedLine? {
        while let end = try lineEnd() {
            var line = start..<end
            start = min(end + 1, buffer.count)
            searched = start
            if let last = line.last, buffer[last] == 0x0D { line = line.lowerBound..<last }
            guard line.count <= limit else { throw tooLong }
            number += 1
            if number == 1, buffer[line].starts(with: [0xEF, 0xBB, 0xBF]) {
                line = line.lowerBound + 3..<line.upperBound
            }
            if buffer[line].contains(where: { $0 != 0x20 && $0 != 0x09 }) {
                return NumberedLine(number: number, bytes: Array(buffer[line]))
            }
        }
        return nil
    }

    private var tooLong: NDJSONError {
        NDJSONError(line: number + 1, "longer than \(limit) bytes")
    }

    /// Where the line that begins at `start` ends, or nil if its end is not here yet.
    private mutating func lineEnd() throws(NDJSONError) -> Int? {
        let end = buffer[searched...].firstIndex(of: 0x0A)
        searched = end ?? buffer.count
        // One byte more for the carriage return that may stand before the line end.
        guard searched - start <= limit + 1 else { throw tooLong }
        if let end { return end }
        return ended && start < buffer.count ? buffer.count : nil
    }
}
