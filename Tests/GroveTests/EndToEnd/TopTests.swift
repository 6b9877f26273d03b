import Mangrove
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("The program: watching a node")
struct TopTests {
    /// A program by its name in the search path, or nil if it is not installed.
    private static func installed(_ name: String) async throws -> String? {
        let outcome = try await Program.run("/bin/sh", ["-c", "command -v \(name)"])
        return outcome.code == 0 ? outcome.lines.first : nil
    }

    /// A node with a store whose engine has crashed.
    private func withCrash(_ body: (Site) async throws -> Void) async throws {
        let site = Site()
        let node = try await site.serve("--store", "orders", "--allow-faults")
        #expect(try await site.grove("crash", "node/stores/orders/core/storage/engine").code == 0)
        var tree = ""
        while !tree.contains("\"failures\"") { tree = try await site.grove("tree", "--json").output }
        // Asked for anything, a store waits until it is back.
        #expect(try await site.grove("streams", "orders").code == 0)
        try await body(site)
        node.signal(SIGTERM)
        #expect(await node.wait() == 0)
    }

    @Test("Where there is no terminal, it prints what there is to see, once")
    func once() async throws {
        try await withCrash { site in
            let outcome = try await site.grove("top")
            #expect(outcome.code == 0 && outcome.errors.isEmpty)
            #expect(outcome.lines.first?.hasPrefix("grove top  \(site.data.prefix(10))") == true)
            #expect(outcome.lines.contains { $0.contains("● orders") && $0.contains("ev/s") })
            #expect(outcome.lines.allSatisfy { $0.count <= 80 && !$0.contains("\u{1B}") })
        }
        let nobody = try await Site().grove("top")
        #expect(nobody.code == 1 && nobody.errors.hasPrefix("grove: there is no data directory at "))
    }

    @Test("On a terminal it follows the keys, shows a process's crashes, and leaves the screen as it was")
    func terminal() async throws {
        // A terminal for a program that is run by another one.
        guard let script = try await Self.installed("script"), (try await Program.run(script, ["--version"])).code == 0
        else {
            return print("not run: there is no 'script' of util-linux here")
        }
        try await withCrash { site in
            let words = "stty cols 80 rows 24; exec \(Site.program) top --data=\(site.data)"
            let program = try RunningProgram(script, ["-qec", words, "/dev/null"])
            var screen = ""
            /// Reads on until the screen shows a text.
            func expect(_ text: String) async {
                while !screen.contains(text), let line = await program.line() { screen += line + "\n" }
                #expect(screen.contains(text))
                screen = ""
            }
            await expect("● orders")
            try await program.write("fG\r")
            await expect("crash: InjectedFault")
            try await program.write("\u{1B}[Dq")
            let outcome = try await program.outcome()
            #expect(outcome.code == 0)
            #expect(outcome.output.hasPrefix("\u{1B}[?1049h\u{1B}[?25l"))
            #expect(outcome.output.hasSuffix("\u{1B}[?25h\u{1B}[?1049l"))
        }
    }

    @Test("The page shows the tree in a browser, and its keys work there")
    func page() async throws {
        guard let browser = try await Self.installed("chromium") else {
            return print("not run: there is no browser 'chromium' here")
        }
        try await withCrash { site in
            let file = try site.file("tree.html", "")
            #expect(try await site.grove("tree", "--html", file).code == 0)
            let keys =
                "<script>for (const key of ['f','End'])"
                + "document.dispatchEvent(new KeyboardEvent('keydown',{key}))</script></body>"
            let html = try await Program.run("/bin/cat", [file]).output
            _ = try site.file("keyed.html", html.replacing("</body>", with: keys))
            for (name, path) in [("tree.html", "node"), ("keyed.html", "node/stores/orders/core/storage/engine")] {
                let url = "file://" + file.replacing("tree.html", with: name)
                let words = ["--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(file).profile"]
                let outcome = try await Program.run(browser, words + ["--dump-dom", url])
                let shown = String(outcome.output.split(separator: "<script type").first ?? "")
                #expect(shown.contains("role=\"treeitem\""))
                #expect(shown.contains("<dt>path</dt><dd>\(path)</dd>"))
                #expect(shown.contains("crash: InjectedFault: fault injected at \(path)") == (name == "keyed.html"))
            }
        }
    }
}
