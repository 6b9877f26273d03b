import Foundation
import Testing

@testable import MangroveStore

@Suite("The guide on configuration")
struct ConfigurationGuideTests {
    private static func page() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "Guides/configuration.md"), encoding: .utf8)
    }

    /// The rows of the tables of settings: name, variable, default.
    private static func rows() throws -> [[String]] {
        try page().matches(of: /\n\| `([A-Za-z.]+)` \| (?:`\$([A-Z_]+)`)? ?\| ([^|\n]+) \|/).map {
            [String($0.1), $0.2.map(String.init) ?? "", String($0.3)]
        }
    }

    @Test("It names every setting of a node and a store and no other, each with its variable and its default")
    func settings() throws {
        func text(_ value: ConfigurationValue?) -> String {
            let text = value.map { "\($0)" } ?? ""
            return text.isEmpty ? "–" : text
        }
        let standard = ResolvedStoreConfiguration()
        let expected =
            NodeField.all.map { [$0.path, $0.variable, text($0.standard)] }
            + ConfigurationField.all.map { field in
                [field.path, field.isOfOneStore ? "" : field.variable, text(field.effective(standard))]
            }
        #expect(try Self.rows() == expected)
    }

    @Test("A fault we do not have: several systems of configuration, with prefixes of their own that no page knows")
    func onePrefix() throws {
        let page = try Self.page()
        let names = ConfigurationLoader.variableNames
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(name.hasPrefix("MANGROVE_"))
            #expect(page.contains("`$\(name)`"), "\(name)")
        }
        // Nor is there a variable of ours on the page that means nothing.
        for match in page.matches(of: /\$(MANGROVE_[A-Z_]+)`/) where !names.contains(String(match.1)) {
            #expect(["MANGROVE_CONFIG", "MANGROVE_TOKEN"].contains(match.1), "\(match.1)")
        }
    }

    @Test("Each of its examples of a file is a configuration")
    func examples() throws {
        let blocks = try Self.page().split(separator: "```json\n").dropFirst().map {
            String($0.split(separator: "```", omittingEmptySubsequences: false)[0])
        }
        #expect(!blocks.isEmpty)
        for block in blocks {
            let file = ConfigurationInputs.File(path: "grove.json", text: Array(block.utf8))
            let configuration = try NodeConfiguration(ConfigurationInputs(file: file))
            for store in configuration.stores { _ = try configuration.resolved(store.id) }
        }
    }
}
