import Testing

@Suite struct HelloWorldTests {
    @Test("The README's hello world is the program that is compiled here, and is under 15 lines")
    func sameText() throws {
        let readme = try Repository.text("README.md")
        let program = try Repository.text("Tests/HelloWorld/main.swift")
        let block = readme.split(separator: "```swift\n").dropFirst().first?.split(separator: "```").first
        #expect(block.map(String.init) == program)
        #expect(program.split(separator: "\n", omittingEmptySubsequences: false).dropLast().count < 15)
    }

    @Test("It counts to three, crashes, comes back and starts again at one, as the README says")
    func run() async throws {
        let result = try await Program.run(Program.built("hello-world"))
        #expect(result.code == 0)
        #expect(result.output == "1\n2\n3\n1\n")
        let readme = try Repository.text("README.md")
        #expect(!result.errors.isEmpty && readme.contains(result.errors))
    }
}
