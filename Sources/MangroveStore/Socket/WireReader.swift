/// What came over the socket is not what it should be.
struct WireError: Error, Equatable {
    /// What was being read when the bytes stopped making sense.
    var what: String
}

/// Reads what ``WireWriter`` wrote. Nothing is believed: every length is checked against the bytes that are really there
/// before anything is allocated for it.
struct WireReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var remaining: Int { bytes.count - offset }

    mutating func byte() throws(WireError) -> UInt8 {
        guard remaining >= 1 else { throw WireError(what: "a byte") }
        offset += 1
        return bytes[offset - 1]
    }

    mutating func flag() throws(WireError) -> Bool {
        switch try byte() {
        case 0: false
        case 1: true
        default: throw WireError(what: "a flag")
        }
    }

    mutating func unsigned() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<8 { value = value << 8 | UInt64(try byte()) }
        return value
    }

    mutating func integer() throws(WireError) -> Int {
        guard let value = Int(exactly: Int64(bitPattern: try unsigned())) else { throw WireError(what: "an integer") }
        return value
    }

    mutating func length() throws(WireError) -> Int {
        var value = 0
        for _ in 0..<4 { value = value << 8 | Int(try byte()) }
        return value
    }

    mutating func data() throws(WireError) -> [UInt8] {
        let count = try length()
        guard count <= remaining else { throw WireError(what: "a byte string") }
        offset += count
        return Array(bytes[offset - count..<offset])
    }

    mutating func text() throws(WireError) -> String {
        guard let text = String(validating: try data(), as: UTF8.self) else { throw WireError(what: "a text") }
        return text
    }

    mutating func optional<Value>(
        _ read: (inout WireReader) throws(WireError) -> Value
    ) throws(WireError) -> Value? {
        try flag() ? try read(&self) : nil
    }

    mutating func list<Element>(
        _ read: (inout WireReader) throws(WireError) -> Element
    ) throws(WireError) -> [Element] {
        let count = try length()
        // Every element takes a byte at least, so a count beyond the bytes left is a lie.
        guard count <= remaining else { throw WireError(what: "a list") }
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try read(&self)) }
        return elements
    }

    /// Checks that everything was read.
    func end() throws(WireError) {
        guard remaining == 0 else { throw WireError(what: "the end of the message") }
    }
}
