import Testing

@testable import grove

@Suite("What is shown on a terminal")
struct TerminalTests {
    private let plain = Painter(.none)
    private let colour = Painter(TerminalTraits(isTerminal: true, width: 80, colour: true))

    @Test("Colour is for terminals that can, where nobody has said no")
    func colours() {
        func traits(_ isTerminal: Bool, _ environment: [String: String]) -> TerminalTraits {
            TerminalTraits(isTerminal: isTerminal, width: nil, environment: { environment[$0] })
        }
        #expect(traits(true, [:]).colour)
        #expect(traits(true, ["NO_COLOR": ""]).colour)
        #expect(!traits(true, ["NO_COLOR": "1"]).colour)
        #expect(!traits(true, ["TERM": "dumb"]).colour)
        #expect(!traits(false, [:]).colour)
        #expect(traits(true, ["COLUMNS": "132"]).width == 132)
        #expect(traits(true, ["COLUMNS": "0"]).width == 80)
        #expect(colour.paint("x", .bold, .red) == "\u{1B}[1;31mx\u{1B}[0m")
        #expect(plain.paint("x", .bold) == "x")
    }

    @Test(
        "Durations have three digits and the unit that suits them",
        arguments: [
            (.zero, "0 ns"), (.nanoseconds(999), "999 ns"), (.nanoseconds(1000), "1.00 µs"),
            (.nanoseconds(12_345), "12.3 µs"),
            (.nanoseconds(999_999), "999 µs"), (.microseconds(4567), "4.56 ms"), (.milliseconds(1200), "1.20 s"),
            (.milliseconds(59_999), "59.9 s"), (.seconds(60), "1 min 00 s"), (.seconds(125), "2 min 05 s"),
            (.seconds(3720), "1 h 02 min"), (.milliseconds(-5), "-5.00 ms"),
        ] as [(Duration, String)]
    )
    func durations(_ value: Duration, _ text: String) {
        #expect(Quantity.duration(value) == text)
    }

    @Test("Counts have their thousands apart, and bytes a unit")
    func numbers() {
        #expect(
            [0, 999, 1000, 20_000, 1_234_567, -1000].map(Quantity.count) == [
                "0", "999", "1,000", "20,000", "1,234,567", "-1,000",
            ]
        )
        #expect([0, 1, 2000].map { Quantity.count($0, "event") } == ["0 events", "1 event", "2,000 events"])
        #expect(Quantity.count(.min) == "-9,223,372,036,854,775,808")
        #expect(
            [0, 1023, 1024, 1536, 64 << 20].map(Quantity.bytes) == [
                "0 B", "1023 B", "1.00 KiB", "1.50 KiB", "64.0 MiB",
            ]
        )
        #expect(Quantity.bytes(.max) == "8191 PiB")
    }

    @Test("Tables line their columns up, whatever the colours")
    func tables() {
        var table = Table(.left, .right)
        table.add("name", "events", "note")
        table.add(.init("ä", .green), "12,000", "")
        table.add("longer", "7", .init("x", .red, .bold))
        let text = table.text(plain, indent: 1)
        #expect(text == " name    events  note\n ä       12,000  \n longer       7  x\n")
        let coloured = table.text(colour, indent: 1)
        #expect(coloured.contains("\u{1B}[32mä\u{1B}[0m     "))
        #expect(Table().text(plain).isEmpty)
    }

    @Test("A progress bar fits the terminal")
    func progress() {
        #expect(ProgressBar.line(done: 1, total: 2, "half", width: 40) == "█████████████░░░░░░░░░░░░░░  50 %  half")
        #expect(ProgressBar.line(done: 3, total: 2, "more", width: 12) == "100 %  more")
        #expect(ProgressBar.line(done: 5, total: nil, "5 events", width: 80) == "5 events")
        #expect(ProgressBar.line(done: 5, total: 0, "5 events", width: 4) == "5 e")
        for width in 0..<100 {
            #expect(ProgressBar.line(done: 1, total: 3, "note", width: width).count <= max(0, width - 1))
        }
    }

    @Test("A progress bar is not drawn where there is no terminal, nor twice alike")
    func drawing() {
        let sink = KeepingSink()
        let hidden = ProgressBar(Output(sink), .none)
        hidden.show(done: 1, total: 2, "x")
        hidden.clear()
        #expect(sink.writes.isEmpty)
        let shown = ProgressBar(Output(sink), TerminalTraits(isTerminal: true, width: 40, colour: false))
        shown.show(done: 1, total: 2, "x")
        shown.show(done: 1, total: 2, "x")
        shown.clear()
        shown.clear()
        #expect(sink.writes.count == 2)
    }
}
