import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

let epoch = Timestamp(microseconds: 1_600_000_000_000_000)

/// An event whose content follows from its number.
func event(_ number: Int, size: Int = 16, type: String = "tested") -> NewEvent {
    let text = "{\"n\":\(number),\"x\":\"" + String(repeating: "x", count: size) + "\"}"
    return NewEvent(
        id: EventID(high: 7, low: UInt64(number)),
        type: type,
        data: Array(text.utf8),
        metadata: number.isMultiple(of: 3) ? Array("{\"m\":\(number)}".utf8) : nil
    )
}

func numbered(_ numbers: some Sequence<Int>) -> [NewEvent] {
    numbers.map { event($0) }
}

/// A store on a simulated disk, opened and closed by hand.
struct TestStore {
    let disk: any Disk
    let options: LogOptions

    /// - Parameter ahead: how much space is prepared behind the records; none where files are looked at byte by byte.
    init(_ disk: any Disk, segmentSize: Int = 64 << 10, id: String = "orders", ahead: Int = 0) throws {
        self.disk = disk
        options = LogOptions(segmentSize: segmentSize, openSegments: 2, readSize: 8 << 10, ahead: ahead)
        try disk.createDirectory("data")
        try disk.syncDirectory(".")
        directory = StoreDirectory(disk: disk, dataDirectory: "data", store: id)
        if try directory.state() == .absent {
            try directory.create(created: epoch, identity: StoreIdentity(high: 0xFEED, low: 0xBEEF))
        }
    }

    let directory: StoreDirectory

    func open() throws -> (engine: StoreEngine, report: RecoveryReport) {
        try StoreEngine.open(disk: disk, directory: directory.path, options: options)
    }

    func segments() throws -> [String] {
        try disk.list(directory.logPath)
    }

    func contents(_ path: String) throws -> [UInt8] {
        try #require(try disk.contents(path, limit: Int.max))
    }
}

extension StoreEngine {
    /// Stages with all the reading that needs.
    func stageFully(_ request: AppendRequest) throws -> (ticket: UInt64?, results: [AppendResult]) {
        var known = ResolvedEvents()
        while true {
            switch try stage(request, now: epoch, knowing: known) {
            case .done(let results): return (nil, results)
            case .staged(let ticket, let results): return (ticket, results)
            case .needsRead(let positions): known.merge(try resolve(positions))
            }
        }
    }

    /// Appends and flushes.
    @discardableResult
    func append(
        _ stream: String,
        _ events: [NewEvent],
        expecting expected: ExpectedVersion = .any
    ) throws -> AppendResult {
        let staged = try stageFully(AppendRequest(stream: stream, expecting: expected, events))
        try flushStaged()
        return try #require(staged.results.first)
    }

    var all: [RecordedEvent] {
        get throws { try readAll(count: Int.max) }
    }
}
