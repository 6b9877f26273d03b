import Testing

@testable import Mangrove

@Suite("Cutting output into lines") struct LineCutterTests {
    private static let text = "one\n\nzwei ✓\r\nlast"

    @Test("However the bytes come in pieces, the lines are the same, and the last one needs no end", arguments: 1...20)
    func pieces(_ size: Int) {
        var cutter = LineCutter(limit: 100)
        var lines: [String] = []
        var rest = Array(Self.text.utf8)[...]
        while !rest.isEmpty {
            let (complete, tooLong) = cutter.take(rest.prefix(size), cutsLong: false)
            #expect(!tooLong)
            lines += complete
            rest = rest.dropFirst(size)
        }
        #expect(lines == ["one", "", "zwei ✓\r"])
        #expect(cutter.finish() == ["last"])
        #expect(cutter.finish().isEmpty)
    }

    @Test(
        "A line of just the limit is taken; one byte more is too long, and what came before it is told",
        arguments: 1...9
    )
    func limit(_ size: Int) {
        for (line, isTooLong) in [("12345678", false), ("123456789", true)] {
            var cutter = LineCutter(limit: 8)
            var lines: [String] = []
            var wasTooLong = false
            var rest = Array("a\n\(line)\nb\n".utf8)[...]
            while !rest.isEmpty, !wasTooLong {
                let (complete, tooLong) = cutter.take(rest.prefix(size), cutsLong: false)
                lines += complete
                wasTooLong = tooLong
                rest = rest.dropFirst(size)
            }
            #expect(wasTooLong == isTooLong)
            #expect(lines == (isTooLong ? ["a"] : ["a", line, "b"]))
        }
    }

    @Test("Where long lines are cut, nothing of them is lost", arguments: 1...9)
    func cut(_ size: Int) {
        var cutter = LineCutter(limit: 3)
        var lines: [String] = []
        var rest = Array("12345678\n123\n1234".utf8)[...]
        while !rest.isEmpty {
            let (complete, tooLong) = cutter.take(rest.prefix(size), cutsLong: true)
            #expect(!tooLong)
            lines += complete
            rest = rest.dropFirst(size)
        }
        lines += cutter.finish()
        #expect(lines == ["123", "456", "78", "123", "123", "4"])
    }
}
