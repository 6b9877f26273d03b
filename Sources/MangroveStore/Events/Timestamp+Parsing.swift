extension Timestamp {
    /// Reads a moment as RFC 3339 writes it: `2026-01-31T09:05:00Z`, with a fraction of a second and an offset from UTC
    /// (`+01:00`) if need be. Nil for anything else, and for a date that there is not.
    ///
    /// Digits of the fraction beyond the sixth are dropped. A leap second counts as the second after it.
    public init?(_ text: String) {
        var digits = Array(text.utf8)[...]
        func number(_ count: Int, followedBy mark: UInt8?) -> Int64? {
            guard digits.count >= count, digits.prefix(count).allSatisfy({ 48...57 ~= $0 }) else { return nil }
            let value = digits.prefix(count).reduce(0) { $0 * 10 + Int64($1 - 48) }
            digits = digits.dropFirst(count)
            guard let mark else { return value }
            guard let first = digits.popFirst(), first == mark || (mark == 84 && [116, 32].contains(first)) else {
                return nil
            }
            return value
        }
        guard let year = number(4, followedBy: UInt8(ascii: "-")), let month = number(2, followedBy: UInt8(ascii: "-")),
            let day = number(2, followedBy: UInt8(ascii: "T")), let hour = number(2, followedBy: UInt8(ascii: ":")),
            let minute = number(2, followedBy: UInt8(ascii: ":")), let second = number(2, followedBy: nil),
            1...12 ~= month, day >= 1, day <= Self.days(in: month, of: year), hour < 24, minute < 60, second <= 60
        else { return nil }
        var micros: Int64 = 0
        if digits.first == UInt8(ascii: ".") {
            digits = digits.dropFirst()
            let fraction = digits.prefix { 48...57 ~= $0 }
            guard !fraction.isEmpty else { return nil }
            digits = digits.dropFirst(fraction.count)
            let padded = Array(fraction.prefix(6)) + [UInt8](repeating: 48, count: max(0, 6 - fraction.count))
            micros = padded.reduce(0) { $0 * 10 + Int64($1 - 48) }
        }
        var offset: Int64 = 0
        switch digits.popFirst() {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"): break
        case let sign? where sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"):
            guard let hours = number(2, followedBy: UInt8(ascii: ":")), let minutes = number(2, followedBy: nil),
                hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -60 : 60)
        default: return nil
        }
        guard digits.isEmpty else { return nil }
        let seconds = Self.daysSinceEpoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
        self.init(microseconds: seconds * 1_000_000 + micros)
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Years are counted from March, so that the leap day is the last of its year (after Howard Hinnant's
    /// `days_from_civil`).
    private static func daysSinceEpoch(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
