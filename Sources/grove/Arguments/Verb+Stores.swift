extension Verb {
    static let storesSpecification = VerbSpecification(
        summary: "list, create, configure and remove stores",
        forms: [
            "stores [list | kept] [--data DIR]",
            "stores create ID [--template T] [--setting NAME=VALUE…] [--data DIR]",
            "stores show | status | config ID [--data DIR]",
            "stores set ID [--template T] [--setting NAME=VALUE…] [--unset NAME…] [--data DIR]",
            "stores remove ID [--erase] [--data DIR]",
            "stores revive | erase KEPT [--data DIR]",
        ],
        details: [
            "Without a word, lists. Stores are printed as {\"id\", \"status\", \"events\", \"streams\", \"problem\"}, one a line,",
            "without what is not known; 'show' adds priority, directory, limits with what is used of each, what is",
            "configured for the store itself (\"own\") and what is in force; 'config' prints what is in force alone.",
            "",
            "'set' changes what is configured for a store. Where its processes have to be built anew, that store is",
            "restarted, and \"restarted\" says so.",
            "",
            "'remove' takes a store out of the node and keeps its files, under the name in \"kept\"; 'kept' lists such",
            "stores, 'revive' makes one a store again as it was, 'erase' erases it. 'remove --erase' erases at once. KEPT",
            "is that name, or the ID alone where only one of that ID was kept.",
        ],
        options: [
            .init(name: "--template", value: "T", help: "what the node configures under this name"),
            .init(
                name: "--setting",
                value: "NAME=VALUE",
                repeats: true,
                help: "a setting, by its name: limits.diskBytes=1000000000"
            ),
            .init(
                name: "--unset",
                value: "NAME",
                repeats: true,
                help: "leave this setting to the template and the node"
            ),
            .init(name: "--erase", help: "remove the store's files as well"),
            data,
        ],
        operands: 0...2
    )
}
