import Foundation
import Testing

/// The sources themselves, held to the rules that keep the whole stack replayable and free of dependencies.
@Suite struct SeamTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Files outside `Platform` that may reach outside, and why.
    private static let allowed: Set<String> = [
        // Puts every task of a simulation onto its executor: the simulated counterpart of the platform's spawner.
        "Sources/MangroveTesting/Simulation/SimulatedEnvironment.swift"
    ]

    private static func sources() throws -> [(path: String, text: String)] {
        let folder = root.appending(path: "Sources")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var found: [(path: String, text: String)] = []
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let path = "Sources" + file.path(percentEncoded: false).dropFirst(folder.path(percentEncoded: false).count)
            found.append((path.replacing("//", with: "/"), try String(contentsOf: file, encoding: .utf8)))
        }
        return found
    }

    @Test("Nothing outside a Platform folder reaches time, chance, tasks, threads, files or sockets past the runtime")
    func seam() throws {
        let sources = try Self.sources()
        #expect(sources.count > 40)
        let findings = sources.flatMap { path, text in
            SourceScanner.findings(
                in: text,
                path: path,
                mayReachOutside: path.contains("/Platform/") || Self.allowed.contains(path)
            )
        }
        #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
    }

    @Test("The list of exceptions names no file that needs none")
    func exceptions() throws {
        for (path, text) in try Self.sources() where Self.allowed.contains(path) {
            #expect(
                !SourceScanner.findings(in: text, path: path, mayReachOutside: false).isEmpty,
                "\(path) needs no exception"
            )
        }
    }

    @Test(
        "The scan sees what it is there for",
        arguments: [
            "Task { await work() }", "Task.detached { }", "Task(priority: .high) { }", "Task<Void, Never> { }",
            "try await Task.sleep(for: .seconds(1))", "let clock = ContinuousClock()", "let now = Date()", "Date.now",
            "DispatchQueue.global().async { }", "Thread.sleep(forTimeInterval: 1)", "Int.random(in: 0..<9)",
            "var generator = SystemRandomNumberGenerator()", "list.shuffled()", "let id = UUID()",
            "let descriptor = open(path, O_RDONLY)", "_ = write(1, bytes, count)", "socket(AF_INET, SOCK_STREAM, 0)",
            "import Glibc", "fatalError()", "let value = try! work()", "private nonisolated(unsafe) var counter = 0",
            "final class Box: @unchecked Sendable {}", "FileManager.default.contents(atPath: path)",
        ]
    )
    func canFail(_ sample: String) {
        let text = "import Foundation; struct Sample {\n    \(sample)\n}\n"
        let findings = SourceScanner.findings(in: text, path: "Sample.swift", mayReachOutside: false)
        #expect(findings.contains { $0.line == 2 }, "\(sample)")
    }

    @Test(
        "The scan does not mistake other things for it",
        arguments: [
            "// Task { }", "/// A bare `Task {}` escapes.", "let text = \"Task { } fatalError\"",
            "try Task.checkCancellation()",
            "await Task.yield()", "gate.open()", "func open() {}", "try await disk.write(bytes)",
            "let drain: Task<Void, Never>?",
            "Int.random(in: 0..<9, using: &generator)", "SystemThread.start()", "struct TaskSpawner {}",
            "/* open(path) */", "let x = isOpen(path)",
        ]
    )
    func doesNotCryWolf(_ sample: String) {
        let findings = SourceScanner.findings(in: sample + "\n", path: "Sample.swift", mayReachOutside: false)
        #expect(findings.isEmpty, "\(findings)")
    }

    @Test("A file over four hundred lines is found")
    func length() {
        let text = String(repeating: "let line = 1\n", count: 401)
        #expect(
            SourceScanner.findings(in: text, path: "Long.swift", mayReachOutside: false).map(\.what) == [
                "more than 400 lines"
            ]
        )
        #expect(
            SourceScanner.findings(in: String(text.dropLast(13)), path: "Long.swift", mayReachOutside: false).isEmpty
        )
    }

    @Test("The package depends on no other")
    func noDependencies() throws {
        func depends(_ manifest: String) -> Bool {
            SourceScanner.withoutCommentsAndStrings(manifest).contains(".package(")
        }
        #expect(!depends(try String(contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)))
        #expect(depends("dependencies: [\n.package(url: \"https://example.org/x\", from: \"1.0.0\")]"))
    }
}
