extension Timestamp: CustomStringConvertible {
    /// The moment as RFC 3339 writes it, in UTC with six digits of a second: `2026-01-31T09:05:00.000250Z`.
    ///
    /// Years before 0 or after 9999, which RFC 3339 does not know, are written with their sign and at least four digits.
    public var description: String {
        let (seconds, micros) = microseconds.quotientAndRemainder(flooringBy: 1_000_000)
        let (days, second) = seconds.quotientAndRemainder(flooringBy: 86_400)
        let date = Self.civilDate(daysSinceEpoch: days)
        let year =
            switch date.year {
            case ..<0: "-" + Self.padded(-date.year, to: 4)
            case 10_000...: "+\(date.year)"
            default: Self.padded(date.year, to: 4)
            }
        return year + "-" + Self.padded(date.month, to: 2) + "-" + Self.padded(date.day, to: 2)
            + "T" + Self.padded(second / 3600, to: 2) + ":" + Self.padded(second / 60 % 60, to: 2)
            + ":" + Self.padded(second % 60, to: 2) + "." + Self.padded(micros, to: 6) + "Z"
    }

    /// The date in the Gregorian calendar, extended to all years.
    ///
    /// Years are counted from March, so that the leap day is the last of its year, in eras of 400 years, which all have
    /// the same number of days (after Howard Hinnant's `civil_from_days`).
    private static func civilDate(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (daysSinceEpoch + 719_468).quotientAndRemainder(flooringBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func padded(_ value: Int64, to width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Int64 {
    /// Quotient and remainder with the remainder never negative.
    fileprivate func quotientAndRemainder(flooringBy divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
