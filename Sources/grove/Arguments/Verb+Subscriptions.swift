/// The verbs for subscriptions, as they are parsed and explained.
extension VerbSpecification {
    static func subscribe(_ data: OptionSpecification) -> VerbSpecification {
        VerbSpecification(
            summary: "print events as they come, as NDJSON",
            forms: [
                "subscribe STORE [STREAM] [SELECTION] [--from start|end|N] [--count N] [--data DIR]",
                "subscribe STORE --name NAME [--no-ack] [--window N] [--count N] [--data DIR]",
            ],
            details: [
                "First what is there, then what is appended, until SIGINT or SIGTERM. An event has to meet everything in the",
                "selection. Streams whose names begin with '$' are the system's: they are followed by name only.",
                "",
                "With --name it joins the consumers of a durable subscription. Each event is acknowledged when it is printed;",
                "one that was printed and not acknowledged comes again. With --no-ack events are left to 'grove ack' and",
                "'grove park'; what they have not answered goes to another consumer when this one ends.",
            ],
            options: SourceOptions.specifications + [
                .init(name: "--name", value: "NAME", help: "the durable subscription"),
                .init(name: "--from", value: "start|end|N", help: "where to begin: a position, of a STREAM a version"),
                .init(name: "--count", value: "N", help: "end after so many events"),
                .init(name: "--window", value: "N", help: "unacknowledged events at a time (default: 32)"),
                .init(name: "--no-ack", help: "leave the answers to others"),
                data,
            ],
            operands: 1...2
        )
    }

    static func subscriptions(_ data: OptionSpecification) -> VerbSpecification {
        VerbSpecification(
            summary: "list, make, change and remove durable subscriptions",
            forms: [
                "subscriptions STORE [list] [--data DIR]",
                "subscriptions STORE create NAME [SELECTION] [--partition-by KEY] [--retries N] [--from N]",
                "subscriptions STORE update NAME [SELECTION] [--partition-by KEY] [--retries N]",
                "subscriptions STORE delete|resume NAME",
                "subscriptions STORE reset NAME --from start|end|N",
            ],
            details: [
                "Prints {\"name\", \"follows\", \"checkpoint\", \"lag\", \"underWay\", \"parked\", \"consumers\", \"stopped\"}.",
                "Everything before the checkpoint is handled or parked. Events of one KEY are handled in order, whatever the",
                "number of consumers: KEY is stream (default), none, data.FIELD or metadata.FIELD. 'resume' goes on with one",
                "that a consumer has stopped; 'reset' goes on from another place.",
            ],
            options: SourceOptions.specifications + [
                .init(name: "--stream", value: "STREAM", help: "events of this stream"),
                .init(name: "--partition-by", value: "KEY", help: "what events are kept in order by"),
                .init(name: "--retries", value: "N", help: "how often an event is tried again (default: 10)"),
                .init(name: "--from", value: "start|end|N", help: "where it begins, or goes on with reset"),
                data,
            ],
            operands: 1...3
        )
    }

    static func ack(_ data: OptionSpecification) -> VerbSpecification {
        VerbSpecification(
            summary: "acknowledge events that a consumer was given",
            forms: ["ack STORE NAME PLACE... [--data DIR]"],
            details: [
                "PLACE is an event's position, or its version where one stream is followed. It must be with a consumer, or",
                "wait to be tried again.",
            ],
            options: [data],
            operands: 3...1_000
        )
    }

    static func park(_ data: OptionSpecification) -> VerbSpecification {
        VerbSpecification(
            summary: "set events of a subscription aside, or list those that are",
            forms: ["park STORE NAME [PLACE... [--reason TEXT]] [--data DIR]"],
            details: [
                "Without PLACE, prints one line {\"place\", \"reason\", \"failures\", \"event\"} for each parked event. With it, as",
                "'grove ack' does, but the events are kept and can be replayed.",
            ],
            options: [.init(name: "--reason", value: "TEXT", help: "why (default: by hand)"), data],
            operands: 2...1_000
        )
    }

    static func replay(_ data: OptionSpecification) -> VerbSpecification {
        VerbSpecification(
            summary: "have parked events delivered again",
            forms: ["replay STORE NAME [PLACE...] [--data DIR]"],
            details: ["Without PLACE all of them, as many as are handled at a time. Prints {\"replayed\": N}."],
            options: [data],
            operands: 2...1_000
        )
    }

    static func projections(_ data: OptionSpecification) -> VerbSpecification {
        VerbSpecification(
            summary: "show states that follow from events, and make aggregates",
            forms: [
                "projections STORE [list] [--data DIR]",
                "projections STORE show NAME [KEY]",
                "projections STORE create NAME [--sum M=F]... [--last M=F]... [--count M]... [SELECTION]",
                "projections STORE rebuild|delete NAME",
            ],
            details: [
                "An aggregate has an object for each KEY: for each stream (default), or as --partition-by says. Its members",
                "are sums, last values and counts. A sum is exact; a last value stays byte for byte. 'show' prints a line",
                "{\"key\", \"state\"} for each.",
            ],
            options: SourceOptions.specifications + [
                .init(name: "--stream", value: "STREAM", help: "events of this stream"),
                .init(name: "--partition-by", value: "KEY", help: "stream, none, data.FIELD or metadata.FIELD"),
                .init(name: "--sum", value: "M=F", repeats: true, help: "member M is the sum of the fields F"),
                .init(name: "--last", value: "M=F", repeats: true, help: "member M is the last field F"),
                .init(name: "--count", value: "M", repeats: true, help: "member M counts events"),
                data,
            ],
            operands: 1...4
        )
    }
}
