extension Verb {
    /// How `grove config` is parsed and explained.
    static let configSpecification = VerbSpecification(
        summary: "show, check and change how a node and its stores are configured",
        forms: [
            "config show [--json] [--config FILE] [--data DIR]",
            "config check FILE",
            "config diff A B [--json]",
            "config list | get ID | history [ID] | watch [--from N] [--count N] [--data DIR]",
            "config put ID FILE|- [--active | --inactive] [--expect N] [--by NAME] [--data DIR]",
            "config put ID [--setting NAME=VALUE]... [--unset NAME]... [--template T] [--expect N] [--by NAME]",
            "config delete ID [--erase] [--expect N] [--by NAME] [--data DIR]",
            "config rollback ID VERSION [--expect N] [--by NAME] [--data DIR]",
            "config recover [--data DIR]",
        ],
        details: [
            "'show' prints every value that 'grove serve' would take from the same environment and file, and where it is",
            "from. 'check' says everything that is wrong with a file, and exits with 2 if anything is. 'diff' compares two",
            "files, or what is on record in two data directories, says what each difference means for nodes that are to",
            "work together, and exits with 1 if one is more than a note.",
            "",
            "The others are about what the node has on record of its stores. 'put' makes a store or changes how it runs:",
            "all of its configuration, from a FILE, or what is on record with some settings changed. 'delete' takes it out",
            "of the node and keeps its files, unless --erase is given. Each change is a version; 'history' lists them with",
            "what they changed, 'rollback' makes a new one with the content of an old one, 'watch' prints them as they are",
            "made. A change is carried out when it is answered. 'recover' puts damaged records aside and makes them anew",
            "from the copy that is kept.",
        ],
        options: [
            .init(name: "--json", help: "print one object a line"),
            configurationFile,
            .init(name: "--setting", value: "NAME=VALUE", repeats: true, help: "say this of the store"),
            .init(name: "--unset", value: "NAME", repeats: true, help: "say this of the store no more"),
            .init(name: "--template", value: "T", help: "the template that says what the store does not"),
            .init(name: "--active", help: "the store runs, or starts when it is asked for"),
            .init(name: "--inactive", help: "the store does not run, and keeps what it has"),
            .init(name: "--erase", help: "its files go too"),
            .init(name: "--expect", value: "N", help: "only if the record is at version N; 0: only if there is none"),
            .init(name: "--by", value: "NAME", help: "who wants it so (default: $USER)"),
            .init(name: "--from", value: "N", help: "watch from the N-th change of all on (default: the next one)"),
            .init(name: "--count", value: "N", help: "stop after so many changes"),
            data,
        ],
        operands: 1...3
    )
}
