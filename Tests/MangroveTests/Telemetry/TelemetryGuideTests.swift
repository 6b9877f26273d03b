import Foundation
import Mangrove
import Testing

/// The tables of the guide on telemetry, compared with what is declared.
enum TelemetryGuide {
    /// The guide's text.
    static func text() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "Guides/telemetry.md"), encoding: .utf8)
    }

    /// The rows of the tables below a heading, up to the next.
    static func rows(of heading: String, in text: String) -> [String] {
        let after = text.components(separatedBy: "\n## \(heading)\n").dropFirst().first ?? ""
        let section = after.components(separatedBy: "\n## ").first ?? ""
        return section.split(separator: "\n").map(String.init).filter { $0.hasPrefix("| `") }
    }

    static func row(_ kind: EventKind) -> String {
        let fields = kind.fields.map { "`\($0.name)` \($0.type)" }.joined(separator: ", ")
        return "| `\(kind.name)` | \(kind.level) | \(fields) | \(kind.when) |"
    }

    static func row(_ kind: MetricKind) -> String {
        let labels = kind.labels.map { "`\($0)`" }.joined(separator: ", ")
        return "| `\(kind.name)` | \(kind.form.rawValue) | \(labels) | \(kind.help) |"
    }
}

@Suite("The guide on telemetry") struct TelemetryGuideTests {
    @Test("It has every event of Mangrove as it is declared, in order, and no other")
    func events() throws {
        let rows = TelemetryGuide.rows(of: "Events of Mangrove", in: try TelemetryGuide.text())
        #expect(rows == RuntimeEvents.all.map(TelemetryGuide.row))
        #expect(rows.count > 15)
    }

    @Test("It has every metric of Mangrove as it is declared, in order, and no other")
    func metrics() throws {
        let rows = TelemetryGuide.rows(of: "Metrics of Mangrove", in: try TelemetryGuide.text())
        #expect(rows == RuntimeMetrics.all.map(TelemetryGuide.row))
        #expect(rows.count > 10)
    }
}
