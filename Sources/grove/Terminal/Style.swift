/// How a piece of text looks on a terminal.
enum Style: Int, Sendable {
    case bold = 1
    case dim = 2
    case red = 31
    case green = 32
    case yellow = 33
    case blue = 34
    case magenta = 35
    case cyan = 36
}

/// Colours text where that is wanted, and leaves it alone elsewhere.
struct Painter: Sendable {
    /// Whether text is coloured.
    var enabled: Bool

    init(_ traits: TerminalTraits) {
        enabled = traits.colour
    }

    /// `text` in these styles.
    func paint(_ text: String, _ styles: Style...) -> String {
        paint(text, styles)
    }

    /// `text` in these styles.
    func paint(_ text: String, _ styles: [Style]) -> String {
        guard enabled, !styles.isEmpty, !text.isEmpty else { return text }
        return "\u{1B}[\(styles.map { String($0.rawValue) }.joined(separator: ";"))m\(text)\u{1B}[0m"
    }
}
