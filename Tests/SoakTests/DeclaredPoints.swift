import Foundation

/// The fault points that our own sources declare.
enum DeclaredPoints {
    static func scan() throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var points: Set<String> = []
        for target in ["Mangrove", "MangroveMesh", "MangroveRaft", "MangroveStore"] {
            let files = FileManager.default.enumerator(
                at: root.appending(path: "Sources/\(target)"),
                includingPropertiesForKeys: nil
            )
            while let file = files?.nextObject() as? URL {
                guard file.pathExtension == "swift" else { continue }
                points.formUnion(Self.points(in: try String(contentsOf: file, encoding: .utf8)))
            }
        }
        return points.sorted()
    }

    static func points(in text: String) -> [String] {
        text.split(separator: "\n").filter { !$0.contains(/^\s*\/\//) }.flatMap { line in
            line.matches(of: /[fF]aultPoint\("([^"\\]+)"/).map { String($0.output.1) }
        }
    }
}
