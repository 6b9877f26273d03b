extension Verb {
    static func keepingSpecification(_ verb: Verb, _ data: OptionSpecification) -> VerbSpecification {
        switch verb {
        case .truncate:
            VerbSpecification(
                summary: "let the first events of a stream be gone for good",
                forms: ["truncate STORE STREAM --before N [--data DIR]"],
                details: [
                    "Events with versions below N are not read any more, and a later compaction takes them off the disk.",
                    "Versions and positions of the others stay. Prints {\"stream\", \"first\"}: the first version kept.",
                ],
                options: [.init(name: "--before", value: "N", help: "the first version to keep"), data],
                operands: 2...2
            )
        case .delete:
            VerbSpecification(
                summary: "let all events of a stream be gone for good",
                forms: ["delete STORE STREAM [--tombstone] [--data DIR]"],
                details: [
                    "A later append revives the stream, its versions continuing; after --tombstone nothing can be appended",
                    "to it ever again.",
                ],
                options: [.init(name: "--tombstone", help: "end the stream for good"), data],
                operands: 2...2
            )
        case .erase:
            VerbSpecification(
                summary: "make what an encrypted stream says unreadable for good",
                forms: ["erase STORE STREAM --forget-key [--data DIR]"],
                details: [
                    "Forgets the stream's key, which cannot be undone: its events and snapshots keep their places and read as",
                    "erased, here and in every backup, and nothing more can be appended to the stream. It takes a node that",
                    "was given a cipher and keeps its keys; 'grove serve' has none.",
                ],
                options: [.init(name: "--forget-key", help: "say that this is meant"), data],
                operands: 2...2
            )
        case .snapshots:
            VerbSpecification(
                summary: "list, read and remove snapshots",
                forms: [
                    "snapshots STORE [list] [--source S] [--stream S] [--data DIR]",
                    "snapshots STORE read SOURCE STREAM [VERSION] [--data DIR]",
                    "snapshots STORE delete SOURCE STREAM VERSION [--data DIR]",
                ],
                details: [
                    "Lists {\"source\", \"stream\", \"version\"}, one a line. 'read' prints the newest one, up to VERSION if that",
                    "is given, with its data and metadata.",
                ],
                options: [
                    .init(name: "--source", value: "S", help: "only those of this source"),
                    .init(name: "--stream", value: "S", help: "only those of this stream"),
                    data,
                ],
                operands: 1...5
            )
        default:
            VerbSpecification(
                summary: "give the disk back what is of no more use",
                forms: ["compact STORE [--data DIR]"],
                details: [
                    "A node does so by itself now and then. Prints {\"store\", \"segments\", \"before\", \"after\", \"events\", \"facts\"}:",
                    "segments rewritten, their bytes before and after, and what was dropped from them.",
                ],
                options: [data],
                operands: 1...1
            )
        }
    }
}
