/// A line on standard error that shows how far long work has come; only ever drawn on a terminal.
final class ProgressBar {
    private let output: Output
    private let traits: TerminalTraits
    private let painter: Painter
    private var shown = ""

    init(_ output: Output, _ traits: TerminalTraits) {
        self.output = output
        self.traits = traits
        painter = Painter(traits)
    }

    /// Shows that `done` of `total` is done; without a total, only the note.
    ///
    /// Drawn again only if it looks different. A terminal that cannot be written to is no reason to stop the work.
    func show(done: Int, total: Int?, _ note: String) {
        guard traits.isTerminal else { return }
        let line = Self.line(done: done, total: total, note, width: traits.width)
        guard line != shown else { return }
        shown = line
        try? output.write("\r\u{1B}[K" + painter.paint(line, .cyan))
        try? output.flush()
    }

    /// Takes the line away.
    func clear() {
        guard !shown.isEmpty else { return }
        shown = ""
        try? output.write("\r\u{1B}[K")
        try? output.flush()
    }

    /// The line: a bar, a percentage and the note, cut to the width.
    static func line(done: Int, total: Int?, _ note: String, width: Int) -> String {
        let room = max(0, width - 1)
        guard let total, total > 0 else { return String(note.prefix(room)) }
        let share = min(1, max(0, Double(done) / Double(total)))
        let percent = String(Int(share * 100))
        let text = " " + String(repeating: " ", count: 3 - percent.count) + percent + " %  " + note
        let bar = min(40, room - text.count)
        guard bar >= 8 else { return String(text.dropFirst().prefix(room)) }
        let full = Int(share * Double(bar))
        return String(repeating: "█", count: full) + String(repeating: "░", count: bar - full) + text
    }
}
