import MangroveStore

/// What `grove backup` is asked for.
struct BackupOptions: Equatable {
    var dataDirectory: String
    var request: BackupRequest

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        guard let target = try arguments.text("--to") else { throw UsageError("backup needs --to DIR") }
        var stores = arguments.options["--store"]
        if stores?.contains("") == true { throw UsageError("--store must not be empty") }
        if stores == ["all"] { stores = nil }
        request = BackupRequest(
            to: System.absolutePath(target),
            stores: stores,
            bytesPerSecond: try arguments.number("--limit", least: 1),
            keeping: try arguments.number("--keep", least: 1)
        )
    }
}

/// What `grove restore` is asked for.
struct RestoreOptions: Equatable {
    /// Where the stores are to appear.
    var dataDirectory: String
    var request: RestoreRequest

    init(_ arguments: ParsedArguments) throws(UsageError) {
        guard let data = try arguments.text("--to") else { throw UsageError("restore needs --to DIR") }
        dataDirectory = data
        let source = try arguments.operand(0, "BACKUP")
        let store = try arguments.text("--store")
        let newID = try arguments.text("--as")
        if newID != nil, store == nil { throw UsageError("--as means something with --store only") }
        var point = RestoreRequest.Point.end
        if let position = try arguments.number("--until", least: 0) { point = .position(position) }
        if let text = try arguments.text("--until-time") {
            guard point == .end else { throw UsageError("restore takes --until or --until-time, not both") }
            guard let time = Timestamp(text) else {
                throw UsageError("--until-time must be a moment like 2026-01-31T09:05:00Z, not '\(text)'")
            }
            point = .time(time)
        }
        if point != .end, store == nil {
            throw UsageError("a point in time is that of one store: it takes --store")
        }
        request = RestoreRequest(
            from: System.absolutePath(source),
            number: try arguments.number("--number", least: 1),
            store: store,
            as: newID,
            upTo: point
        )
    }
}

/// The verbs for backups, as they are parsed and explained.
extension VerbSpecification {
    static func backup(_ data: OptionSpecification) -> VerbSpecification {
        VerbSpecification(
            summary: "copy stores while they serve",
            forms: ["backup --to DIR [--store ID]... [--limit BYTES] [--keep N] [--data DIR]"],
            details: [
                "Copies all stores, or those named, as they were at one moment, the same for all. The backup is there",
                "whole or not at all. Another to the same directory copies only what is new, and leaves those before it as",
                "they are. Prints {\"store\", \"events\", \"bytes\"} for each store, then {\"backup\", \"made\", \"copied\"}. A",
                "store that is damaged or does not start is left out and named; then it exits with 8. Keys of encrypted",
                "streams are in no backup.",
            ],
            options: [
                .init(name: "--to", value: "DIR", help: "the directory of the backups, made if it is not there"),
                .init(name: "--store", value: "ID", repeats: true, help: "this store (default: all)"),
                .init(name: "--limit", value: "BYTES", help: "copy at most so many bytes a second"),
                .init(name: "--keep", value: "N", help: "remove all but the newest N backups afterwards"),
                data,
            ],
            operands: 0...0
        )
    }

    static let restore = VerbSpecification(
        summary: "make stores of a backup appear in a data directory",
        forms: [
            "restore BACKUP --to DIR [--store ID [--as ID]] [--number N]",
            "restore BACKUP --to DIR --store ID [--as ID] --until POSITION | --until-time TIME",
        ],
        details: [
            "Everything is verified before anything can be seen; then the stores appear together. DIR may be served by a",
            "node, or be new. No store is replaced. Without --number it takes the newest backup, up to a point the oldest",
            "that reaches it. An event that was appended in one batch with a later one is left out with it.",
            "Prints {\"store\", \"as\", \"events\"} for each store, then {\"backup\", \"made\"}.",
        ],
        options: [
            .init(name: "--to", value: "DIR", help: "the data directory"),
            .init(name: "--store", value: "ID", help: "this store (default: all of the backup)"),
            .init(name: "--as", value: "ID", help: "the name it is to have"),
            .init(name: "--number", value: "N", help: "this backup (default: the newest)"),
            .init(name: "--until", value: "POSITION", help: "with events up to this position"),
            .init(name: "--until-time", value: "TIME", help: "with events up to this moment: 2026-01-31T09:05:00Z"),
        ],
        operands: 1...1
    )
}
