import Foundation
import MangroveStore
import Testing

@Suite struct OperatingGuideTests {
    @Test("The operator's page names every setting of a configuration, and no other, with its default")
    func settings() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "Guides/operating-a-node.md"), encoding: .utf8)
        var written: [String: Int] = [:]
        for match in page.matches(of: /\n\| `([A-Za-z]+)` \| (\d+) \|/) { written[String(match.1)] = Int(match.2) }
        #expect(Set(written.keys) == Set(StoreSettings.configurationNames))
        // A configuration that spells out the page's defaults is the default.
        let members = written.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        #expect(try StoreSettings(configuration: Array("{\(members)}".utf8)) == StoreSettings())
    }
}
