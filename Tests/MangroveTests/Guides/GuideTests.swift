import Foundation
import Testing

/// Every block of Swift in the README and the guides is code that the tests compile.
@Suite struct GuideTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func pages() throws -> [String] {
        let guides = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Guides").path)
        return ["README.md"] + guides.filter { $0.hasSuffix(".md") }.sorted().map { "Guides/" + $0 }
    }

    /// The lines of a text without indentation and blank ones.
    private static func lines(_ text: some StringProtocol) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    private static func blocks(of page: String) -> [[String]] {
        page.split(separator: "```swift\n", omittingEmptySubsequences: false).dropFirst().map { rest in
            lines(rest.split(separator: "```", omittingEmptySubsequences: false).first ?? "")
        }
    }

    private static func contains(_ block: [String], in source: [String]) -> Bool {
        guard let first = block.first, block.count <= source.count else { return false }
        return source.indices.contains { start in
            source[start] == first && start + block.count <= source.count
                && Array(source[start..<start + block.count]) == block
        }
    }

    private static func compiled() throws -> [[String]] {
        // Hidden folders hold what was built, other people's sources included.
        let files = FileManager.default.enumerator(
            at: root.appending(path: "Tests"),
            includingPropertiesForKeys: nil,
            options: .skipsHiddenFiles
        )
        var sources: [[String]] = []
        while let file = files?.nextObject() as? URL {
            if file.pathExtension == "swift" { sources.append(lines(try String(contentsOf: file, encoding: .utf8))) }
        }
        return sources
    }

    @Test("Every block of Swift in the README and the guides stands in a file that is compiled here")
    func snippets() throws {
        let sources = try Self.compiled()
        var count = 0
        for page in try Self.pages() {
            let text = try String(contentsOf: Self.root.appending(path: page), encoding: .utf8)
            for block in Self.blocks(of: text) {
                count += 1
                let found = sources.contains { Self.contains(block, in: $0) }
                #expect(found, "\(page): \(block.first ?? "an empty block")")
            }
        }
        #expect(count >= 10)
    }

    @Test("A block that stands nowhere, or not in one piece, is found")
    func canFail() {
        let block = Self.blocks(of: "text\n```swift\nlet a = 1\n\n    let b = 2\n```\nmore").first ?? []
        #expect(block == ["let a = 1", "let b = 2"])
        #expect(Self.contains(block, in: Self.lines("func f() {\n    let a = 1\n    let b = 2\n}")))
        #expect(!Self.contains(block, in: Self.lines("let a = 1\nlet c = 3\nlet b = 2")))
        #expect(!Self.contains(block, in: Self.lines("let a = 1")))
    }

    @Test("Every link from one page to another leads somewhere")
    func links() throws {
        for page in try Self.pages() {
            let url = Self.root.appending(path: page)
            let text = try String(contentsOf: url, encoding: .utf8)
            for match in text.matches(of: /\]\(([^)#:]+\.md)\)/) {
                let target = url.deletingLastPathComponent().appending(path: String(match.1)).path
                #expect(FileManager.default.fileExists(atPath: target), "\(page): \(match.1)")
            }
        }
    }
}
