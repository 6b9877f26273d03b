/// What `grove` says about itself.
enum Help {
    /// The text for one verb, or for all of `grove`.
    static func text(for verb: Verb?) -> String {
        guard let verb else { return overview }
        let specification = verb.specification
        var lines = ["grove \(verb.rawValue): \(specification.summary)", ""]
        lines += specification.forms.enumerated().map { ($0 == 0 ? "usage: " : "       ") + "grove " + $1 }
        if !specification.details.isEmpty { lines += [""] + specification.details }
        let options = specification.options + [OptionSpecification(name: "--help", help: "print this")]
        lines += ["", "options:"] + rows(options.map { ($0.name + ($0.value.map { " " + $0 } ?? ""), $0.help) })
        return lines.joined(separator: "\n") + "\n"
    }

    private static var overview: String {
        let lines =
            ["grove: supervised event stores", "", "usage: grove VERB [ARGUMENTS]", "", "verbs:"]
            + rows(Verb.allCases.map { ($0.rawValue, $0.specification.summary) })
            + ["", "'grove VERB --help' explains a verb; 'grove --version' prints the version."]
            + [
                "",
                "exit codes: 0 done, 1 other failure, 2 usage, 3 wrong expected version, 4 no such store, 5 damaged data,",
                "            6 degraded, 7 unhealthy, 8 a backup without some stores",
            ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func rows(_ rows: [(String, String)]) -> [String] {
        let width = rows.map(\.0.count).filter { $0 <= 24 }.max() ?? 0
        return rows.map { name, help in
            "  " + name + String(repeating: " ", count: max(0, width - name.count)) + "  " + help
        }
    }
}
