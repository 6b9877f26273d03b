/// What a stream of the program is connected to.
struct TerminalTraits: Equatable, Sendable {
    /// Whether it is a terminal.
    var isTerminal: Bool
    /// How many columns it has.
    var width: Int
    /// Whether text may be coloured: only on a terminal, only one that can, and not where `NO_COLOR` is set.
    var colour: Bool

    /// Not a terminal: a file, a pipe.
    static let none = TerminalTraits(isTerminal: false, width: 80, colour: false)

    init(isTerminal: Bool, width: Int, colour: Bool) {
        self.isTerminal = isTerminal
        self.width = width
        self.colour = colour
    }

    /// Judges by what the system and the environment say.
    init(isTerminal: Bool, width: Int?, environment: (String) -> String?) {
        let noColour = environment("NO_COLOR").map { !$0.isEmpty } ?? false
        self.init(
            isTerminal: isTerminal,
            width: width ?? environment("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? 80,
            colour: isTerminal && !noColour && environment("TERM") != "dumb"
        )
    }
}
