/// Numbers as people read them.
enum Quantity {
    /// A count of things: `1 stream`, `2,000 streams`.
    static func count(_ value: Int, _ thing: String) -> String {
        count(value) + " " + thing + (value == 1 ? "" : "s")
    }

    /// A count with its thousands apart: `20,000`.
    static func count(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// A duration in the unit that suits it: `850 ns`, `12.3 µs`, `4.56 ms`, `1.20 s`, `2 min 05 s`, `1 h 02 min`.
    static func duration(_ value: Duration) -> String {
        let (seconds, attoseconds) = value.components
        if seconds < 0 || attoseconds < 0 { return "-" + duration(.zero - value) }
        if seconds >= 3600 { return "\(seconds / 3600) h \(twoDigits(seconds / 60 % 60)) min" }
        if seconds >= 60 { return "\(seconds / 60) min \(twoDigits(seconds % 60)) s" }
        let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        switch nanoseconds {
        case ..<1000: return "\(nanoseconds) ns"
        case ..<1_000_000: return threeDigits(nanoseconds, unit: 1000) + " µs"
        case ..<1_000_000_000: return threeDigits(nanoseconds, unit: 1_000_000) + " ms"
        default: return threeDigits(nanoseconds, unit: 1_000_000_000) + " s"
        }
    }

    /// A number of bytes in the unit that suits it: `512 B`, `1.50 KiB`, `64.0 MiB`.
    static func bytes(_ value: Int) -> String {
        guard value >= 1024 else { return "\(value) B" }
        var unit = 1024
        var names = ["KiB", "MiB", "GiB", "TiB", "PiB"][...]
        while names.count > 1, value / unit >= 1024 {
            unit *= 1024
            names.removeFirst()
        }
        return threeDigits(value, unit: unit) + " " + (names.first ?? "")
    }

    /// `value / unit` with as many decimals as make three digits, cut off rather than rounded up into the next unit.
    private static func threeDigits(_ value: Int, unit: Int) -> String {
        let whole = value / unit
        let rest = value % unit
        switch whole {
        case ..<10:
            return "\(whole).\(twoDigits(Int64(Double(rest) / Double(unit) * 100)))"
        case ..<100: return "\(whole).\(Int(Double(rest) / Double(unit) * 10))"
        default: return "\(whole)"
        }
    }

    private static func twoDigits(_ value: Int64) -> String {
        value < 10 ? "0\(value)" : "\(value)"
    }
}
