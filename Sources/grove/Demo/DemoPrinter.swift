import Mangrove
import MangroveStore

/// How the demo looks.
///
/// A terminal that cannot be written to any more is no reason to leave a node half broken: failed writes are ignored.
final class DemoPrinter {
    private let console: Console
    private let painter: Painter
    private let bar: ProgressBar
    private let width: Int
    private var steps = 0

    init(_ console: Console) {
        self.console = console
        painter = Painter(console.outputTraits)
        bar = ProgressBar(console.errors, console.errorTraits)
        width = min(console.outputTraits.width, 110)
    }

    private func line(_ text: String = "") {
        try? console.output.write(text + "\n")
        try? console.output.flush()
    }

    func title(_ text: String) {
        line()
        line(painter.paint(text, .bold, .cyan))
    }

    func step(_ text: String) {
        steps += 1
        line()
        line(painter.paint("\(steps)  \(text)", .bold))
    }

    func fact(_ name: String, _ text: String) {
        let padding = String(repeating: " ", count: max(0, 12 - name.count))
        line("   " + painter.paint(name, .dim) + padding + "  " + text)
    }

    func table(_ table: Table) {
        try? console.output.write(table.text(painter, indent: 3))
        try? console.output.flush()
    }

    func progress(_ done: Int, of total: Int, _ note: String) {
        bar.show(done: done, total: total, note)
    }

    func endProgress() {
        bar.clear()
    }

    func events(_ events: DemoEvents) {
        var table = Table(.left, .right, .left)
        func add(_ name: String, _ count: Int, _ note: String) {
            table.add(.init(name, .dim), .init(Quantity.count(count)), .init(note, .dim))
        }
        if events.fromFile > 0 { add("events      ", events.fromFile, "from the file") }
        if events.fromFile == 0 {
            add("events      ", events.fromHistory, "from this checkout's version-control history")
            add("", events.generated, "generated")
        }
        self.table(table)
    }

    func filled(_ info: StoreInfo, after duration: Duration) {
        let events = info.events ?? 0
        let rate = Double(events) / max(Double(duration.wholeNanoseconds) / 1e9, 1e-9)
        fact(
            "'\(info.id)'",
            "\(Quantity.count(events, "event")) in \(Quantity.count(info.streams ?? 0, "stream")), durable after "
                + "\(Quantity.duration(duration)) (\(Quantity.count(Int(rate))) a second)"
        )
    }

    func tree(_ tree: ProcessTree) {
        try? console.output.write(DemoTree(painter: painter).text(tree, indent: 3))
        try? console.output.flush()
    }

    func recovered(
        _ fault: DemoFault,
        _ path: String,
        _ difference: TreeDifference,
        began: RuntimeInstant,
        now: RuntimeInstant,
        took: Duration
    ) {
        line()
        line("   " + painter.paint("✗ " + fault.title, .red) + painter.paint("  " + path, .dim))
        let restarted = difference.restarted
        if restarted.count == 1, let only = restarted.first {
            line("   " + painter.paint("✓", .green) + " restarted: \(only.id)")
        } else {
            line("   " + painter.paint("✓", .green) + " restarted \(restarted.count) processes, in this order:")
            wrapped(restarted.map(\.id.text), separator: " → ", indent: 5)
        }
        line(
            "     all running again after " + painter.paint(Quantity.duration(took), .bold)
                + "; \(difference.untouched) other processes of the node untouched"
        )
    }

    func load(history: Duration, mirror: Duration) {
        line(
            painter.paint(
                "     slowest append meanwhile: history \(Quantity.duration(history)), mirror \(Quantity.duration(mirror))",
                .dim
            )
        )
    }

    func killed(_ old: Int32, acknowledged: Int, back: Duration, as new: Int32) {
        line(
            "   " + painter.paint("✗", .red) + " process \(old) killed after \(Quantity.count(acknowledged)) appends"
                + painter.paint("  ✓", .green) + " answering again as \(new) after "
                + painter.paint(Quantity.duration(back), .bold)
        )
    }

    func verdict(_ sound: Bool, _ failures: [String], _ directory: String) {
        line()
        for failure in Set(failures).sorted().prefix(5) { line(painter.paint("   append failed: \(failure)", .red)) }
        if sound {
            line(painter.paint("Every acknowledged event is there, exactly once and in order.", .bold, .green))
        } else {
            line(painter.paint("Something is wrong; the files are left in \(directory).", .bold, .red))
        }
        line()
    }

    private func wrapped(_ words: [String], separator: String, indent: Int) {
        var text = String(repeating: " ", count: indent)
        var used = indent
        for (index, word) in words.enumerated() {
            let piece = index == words.count - 1 ? word : word + separator
            if used + piece.count > width, used > indent {
                line(text)
                text = String(repeating: " ", count: indent)
                used = indent
            }
            text += piece
            used += piece.count
        }
        line(text)
    }
}
