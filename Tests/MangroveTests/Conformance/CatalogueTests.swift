import Foundation
import Testing

/// The catalogue of cases and the tests that hold them belong together; the page that shows both is made from a run.
@Suite struct CatalogueTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    private static func files(_ ending: String) throws -> [(name: String, text: String)] {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var found: [(name: String, text: String)] = []
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == ending else { continue }
            found.append((file.lastPathComponent, try String(contentsOf: file, encoding: .utf8)))
        }
        return found.sorted { $0.name < $1.name }
    }

    private struct Case {
        var number: Int
        var needsTest: Bool
    }

    /// The cases of a file, and what is wrong with it.
    private static func read(_ name: String, _ text: String) -> (cases: [Case], problems: [String]) {
        var cases: [Case] = []
        var problems: [String] = []
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.first?.wholeMatch(of: /# ([A-Z])\. \S.*/)?.1 != name.prefix(1) { problems.append("\(name):1: title") }
        if lines.last != "" { problems.append("\(name): no line break at its end") }
        for (index, line) in lines.dropFirst().dropLast().enumerated() {
            let fields = line.split(separator: " |", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            let reason = fields.count == 4 ? fields[3] : ""
            guard (3...4).contains(fields.count), let number = Int(fields[0]), number > 0, !fields[2].isEmpty,
                fields[1] == "held" && reason.isEmpty
                    || ["stricter", "not-applicable"].contains(fields[1]) && !reason.isEmpty
            else {
                problems.append("\(name):\(index + 2): \(line)")
                continue
            }
            cases.append(Case(number: number, needsTest: fields[1] != "not-applicable"))
        }
        return (cases, problems)
    }

    /// The case numbers in the display names of the tests in a source text, with repetitions.
    private static func casesNamed(in text: String) -> [Int] {
        let code = text.split(separator: "\n").filter { !$0.trimmingCharacters(in: .whitespaces).hasPrefix("//") }
            .joined(separator: "\n")
        let names = code.matches(of: /@Test\(\s*"((?:[^"\\]|\\.)*)"/).map(\.1)
        return names.flatMap { name -> [Int] in
            guard let suffix = name.firstMatch(of: /\ \(cases? (\d+(?:, \d+)*)\)$/) else { return [] }
            return suffix.1.split(separator: ", ").compactMap { Int($0) }
        }
    }

    @Test("Every line of the catalogue is well formed, and no number stands in two")
    func wellFormed() throws {
        let files = try Self.files("txt").map { Self.read($0.name, $0.text) }
        #expect(files.flatMap(\.problems) == [])
        let numbers = files.flatMap(\.cases).map(\.number)
        #expect(numbers.count > 50)
        #expect(Dictionary(grouping: numbers) { $0 }.filter { $0.value.count > 1 }.keys.sorted() == [])
    }

    @Test(
        "Every case that is held, or more than held, is named by exactly one test; one that is not applicable by none"
    )
    func everyCaseHasItsTest() throws {
        let named = try Self.files("swift").flatMap { Self.casesNamed(in: $0.text) }
        let count = Dictionary(grouping: named) { $0 }.mapValues(\.count)
        for item in try Self.files("txt").flatMap({ Self.read($0.name, $0.text).cases }) {
            #expect(count[item.number, default: 0] == (item.needsTest ? 1 : 0), "case \(item.number)")
        }
    }

    @Test(
        "A line that is not well formed is found",
        arguments: [
            "1 | held", "x | held | It holds. |", "1 | held | It holds. | because", "1 | stricter | More. |",
            "1 | not-applicable | No. |", "1 | kept | It holds. |", "1 | held |  |", "0 | held | It holds. |",
            "1 | held | It holds. | | more",
        ]
    )
    func badLine(line: String) {
        #expect(Self.read("A.txt", "# A. Title\n\(line)\n").problems.count == 1)
    }

    @Test("The scan reads well formed lines and the names of tests")
    func scan() {
        let text =
            "# A. Title\n1 | held | It holds. |\n2 | stricter | More. | Because.\n3 | not-applicable | No. | Why.\n"
        let (cases, problems) = Self.read("A.txt", text)
        #expect(problems == [])
        #expect(cases.map(\.number) == [1, 2, 3])
        #expect(cases.map(\.needsTest) == [true, true, false])
        #expect(Self.read("B.txt", text).problems == ["B.txt:1: title"])
        let source = """
            @Test("One (case 9007)")
            @Test(
                "Several \\"quoted\\" (cases 9008, 9009)",
                arguments: 0..<3)
            // @Test("Commented out (case 9010)")
            @Test("Not at its end (case 9011), but before")
            let text = "Not a test (case 9012)"
            """
        #expect(Self.casesNamed(in: source) == [9007, 9008, 9009])
    }
}
