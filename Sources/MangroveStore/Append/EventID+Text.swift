extension EventID {
    /// The id as a UUID is written: lower-case hexadecimal in groups of 8, 4, 4, 4 and 12.
    package var text: String {
        func digits(_ value: UInt64) -> String {
            let text = String(value, radix: 16)
            return String(repeating: "0", count: 16 - text.utf8.count) + text
        }
        let all = digits(high) + digits(low)
        var parts: [Substring] = []
        var rest = all[...]
        for length in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return parts.joined(separator: "-")
    }
}
