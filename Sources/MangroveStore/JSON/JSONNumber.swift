/// The exact value of a JSON number, however it was written: `1`, `1.0` and `10e-1` are the same.
struct JSONNumber: Sendable, Hashable {
    fileprivate var isNegative = false
    /// Without zeros in front or behind; empty for zero.
    fileprivate var digits: [UInt8] = []
    /// What the digits are to be multiplied with: ten to the power of this.
    fileprivate var exponent = 0

    /// The value of the number that `text` is.
    /// - Returns: nil if that is no number, or one whose exponent nobody can count.
    init?(_ text: some Sequence<UInt8>) {
        var inFraction = false
        var power: String?
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if power != nil {
                    power?.unicodeScalars.append(Unicode.Scalar(byte))
                } else {
                    digits.append(byte)
                    if inFraction { exponent -= 1 }
                }
            case UInt8(ascii: "-"), UInt8(ascii: "+"):
                if power != nil { power?.unicodeScalars.append(Unicode.Scalar(byte)) } else { isNegative = true }
            case UInt8(ascii: "."): inFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): power = ""
            default: return nil
            }
        }
        guard !digits.isEmpty else { return nil }
        if let power {
            guard let power = Int(power), power.magnitude < 1 << 40 else { return nil }
            exponent += power
        }
        normalise()
    }

    /// A whole number.
    init(_ value: Int) {
        isNegative = value < 0
        digits = Array(String(value.magnitude).utf8)
        normalise()
    }

    fileprivate mutating func normalise() {
        digits.removeFirst(digits.prefix { $0 == UInt8(ascii: "0") }.count)
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        if digits.isEmpty { (isNegative, exponent) = (false, 0) }
    }
}

extension JSONNumber {
    /// Numbers whose digits are further apart than this are not added.
    private static let widest = 1_000

    /// The exact sum; nil if it would have too many digits.
    func adding(_ other: JSONNumber) -> JSONNumber? {
        if digits.isEmpty { return other }
        if other.digits.isEmpty { return self }
        let low = min(exponent, other.exponent)
        guard digits.count + exponent - low <= Self.widest, other.digits.count + other.exponent - low <= Self.widest
        else {
            return nil
        }
        let (first, second) = (padded(to: low), other.padded(to: low))
        var sum = JSONNumber(0)
        sum.exponent = low
        if isNegative == other.isNegative {
            sum.digits = Self.sum(first, second)
            sum.isNegative = isNegative
        } else if Self.isLess(first, second) {
            sum.digits = Self.difference(second, first)
            sum.isNegative = other.isNegative
        } else {
            sum.digits = Self.difference(first, second)
            sum.isNegative = isNegative
        }
        sum.normalise()
        return sum
    }

    /// The number as JSON, without an exponent unless it would be long.
    var text: [UInt8] {
        let sign: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
        if digits.isEmpty { return [UInt8(ascii: "0")] }
        if exponent > 20 || exponent < -40 { return sign + digits + Array("e\(exponent)".utf8) }
        if exponent >= 0 { return sign + digits + [UInt8](repeating: UInt8(ascii: "0"), count: exponent) }
        let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: max(0, 1 - exponent - digits.count))
        let all = zeros + digits
        return sign + all.dropLast(-exponent) + [UInt8(ascii: ".")] + all.suffix(-exponent)
    }

    /// The digits as values, lowest first, for a smaller exponent.
    private func padded(to low: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: exponent - low) + digits.reversed().map { $0 - UInt8(ascii: "0") }
    }

    private static func isLess(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        let width = max(first.count, second.count)
        for place in (0..<width).reversed() {
            let (a, b) = (place < first.count ? first[place] : 0, place < second.count ? second[place] : 0)
            if a != b { return a < b }
        }
        return false
    }

    private static func sum(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        var digits: [UInt8] = []
        var carry: UInt8 = 0
        for place in 0..<max(first.count, second.count) {
            let value = (place < first.count ? first[place] : 0) + (place < second.count ? second[place] : 0) + carry
            digits.append(value % 10 + UInt8(ascii: "0"))
            carry = value / 10
        }
        if carry > 0 { digits.append(carry + UInt8(ascii: "0")) }
        return digits.reversed()
    }

    /// The larger less the smaller.
    private static func difference(_ larger: [UInt8], _ smaller: [UInt8]) -> [UInt8] {
        var digits: [UInt8] = []
        var borrow: Int8 = 0
        for place in 0..<larger.count {
            var value = Int8(larger[place]) - (place < smaller.count ? Int8(smaller[place]) : 0) - borrow
            borrow = value < 0 ? 1 : 0
            if value < 0 { value += 10 }
            digits.append(UInt8(value) + UInt8(ascii: "0"))
        }
        return digits.reversed()
    }
}
