/// A line of the screen: pieces of text, each with its looks.
struct TopLine: Equatable {
    private(set) var pieces: [Piece] = []

    struct Piece: Equatable {
        var text: String
        var styles: [Style]
    }

    init() {}

    init(_ text: String, _ styles: Style...) {
        add(text, styles)
    }

    /// How many columns it takes.
    var width: Int { pieces.reduce(0) { $0 + $1.text.count } }

    /// The text alone.
    var text: String { pieces.map(\.text).joined() }

    /// Adds text. What a terminal would take for an order is replaced: texts come from processes and their errors.
    mutating func add(_ text: String, _ styles: [Style] = []) {
        let harmless = String.UnicodeScalarView(
            text.unicodeScalars.map { $0.properties.generalCategory == .control ? "·" : $0 }
        )
        pieces.append(Piece(text: String(harmless), styles: styles))
    }

    /// Adds text that takes exactly `width` columns, cut or filled.
    mutating func add(_ text: String, width: Int, right: Bool = false, _ styles: [Style] = []) {
        guard width > 0 else { return }
        let cut = text.count > width ? String(text.prefix(width - 1)) + "…" : text
        let gap = String(repeating: " ", count: width - cut.count)
        add(right ? gap + cut : cut + gap, styles)
    }

    /// The line with nothing beyond `width` columns.
    func cut(to width: Int) -> TopLine {
        var line = TopLine()
        var left = width
        for piece in pieces where left > 0 {
            let text = piece.text.count > left ? String(piece.text.prefix(left - 1)) + "…" : piece.text
            line.pieces.append(Piece(text: text, styles: piece.styles))
            left -= text.count
        }
        return line
    }

    /// The line as it is sent to a terminal.
    /// - Parameter fill: how wide it is at least, shown in reverse, which is a matter of contrast and not of colour.
    func painted(_ painter: Painter, reversedTo fill: Int?) -> String {
        guard let fill else { return pieces.map { painter.paint($0.text, $0.styles) }.joined() }
        return "\u{1B}[7m" + text + String(repeating: " ", count: max(0, fill - width)) + "\u{1B}[0m"
    }
}
