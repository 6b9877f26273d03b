import Testing

@testable import grove

@Suite("The picture of a tree")
struct TopViewTests {
    private func lines(_ model: TopModel, width: Int = 80, height: Int = 14) -> [String] {
        TopView(name: "data", width: width, height: height).picture(of: model).lines.map(\.text)
    }

    @Test("Eighty columns show all there is to know")
    func eighty() throws {
        var model = try TopTrees.model()
        let picture = """
            grove top  data                                             00:00:10Z  every 1 s
            150 events/s   25 turns/s   3 waiting   lag 12   2 parked
            1 processes   2 stores   2 restarts

            PROCESS                       RST  MBOX TURNS/S    AGE  LATELY
            ▾ ● node                        0     0       0  1m05s
             ▾ ● stores                     0     0       0  1m05s
              ▸ ● orders                    2     3      25  1m05s  2 failed 150 ev/s lag 12
              ▸ ● billing                   0     0       0  1m05s  0 ev/s
               ● socket                     0     0       0  1m05s
            """
        let shown = lines(model).map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
        #expect(shown.prefix(10).joined(separator: "\n") == picture)
        #expect(lines(model).allSatisfy { $0.count <= 80 })
        _ = model.press(.character("f"), page: 5)
        #expect(lines(model).contains { $0.contains("engine") && $0.hasSuffix("2s ago: crash: second") })
    }

    @Test("A process's page shows its last crashes, the last first")
    func details() throws {
        var model = try TopTrees.model()
        for key: TopKey in [.character("/"), .character("e"), .character("n"), .character("g"), .enter, .enter] {
            _ = model.press(key, page: 5)
        }
        let text = lines(model, height: 30)
        #expect(text.contains("path        node/stores/orders/core/engine"))
        #expect(text.contains("process     7, named orders/engine"))
        let second = try #require(text.firstIndex(of: "  crash: second"))
        #expect(text[second - 1] == "00:00:08Z  2s ago")
        #expect(text[second + 2] == "  crash: first")
    }

    @Test("It fits any screen, and the selected process is on it", arguments: [40, 80, 200], [4, 7, 10, 50])
    func sizes(width: Int, height: Int) throws {
        var model = try TopTrees.model()
        let view = TopView(name: String(repeating: "long/", count: 50), width: width, height: height)
        for key: TopKey in [.down, .down, .right, .right, .right, .end, .home, .character("f"), .end, .enter] {
            _ = model.press(key, page: view.room)
            model.scroll(room: view.room)
            let picture = view.picture(of: model)
            #expect(picture.lines.count == height)
            #expect(picture.lines.allSatisfy { $0.width <= width })
            if model.mode == .tree, height > 6 {
                let row = try #require(picture.selected)
                #expect(picture.lines[row].text.contains(String(model.selected?.node.id.prefix(3) ?? "?")))
            }
        }
    }

    @Test("Nothing that a process says is an order to the terminal")
    func harmless() throws {
        let wild = TopTrees.shop().replacing("crash: second", with: "\\u001b[2J\\u0007\\u009b31m\\ndone")
        var model = TopModel(pace: 1)
        model.take(try TopTrees.look(9, wild))
        for key: TopKey in [.character("f"), .end, .enter] {
            _ = model.press(key, page: 5)
            let view = TopView(name: "a\u{1B}[31mb", width: 100, height: 24)
            for line in view.picture(of: model).lines {
                #expect(!line.text.unicodeScalars.contains { $0.properties.generalCategory == .control })
            }
        }
    }

    @Test("What went wrong with looking is said")
    func problem() throws {
        var model = try TopTrees.model()
        model.problem = "the connection to the node was lost"
        #expect(lines(model)[1] == "the connection to the node was lost")
    }

    @Test("Numbers and times are short")
    func short() {
        #expect([-1, 0, 9_999, 10_000, 12_345_678].map(TopView.short) == ["0", "0", "9999", "10k", "12M"])
        #expect(
            [-5, 850, 12_000, 303_000, 7_500_000, 273_600_000].map(TopView.age)
                == ["0ms", "850ms", "12s", "5m03s", "2h05m", "3d04h"]
        )
        #expect(TopView.clock(86_399_999_999) == "23:59:59Z")
    }
}
