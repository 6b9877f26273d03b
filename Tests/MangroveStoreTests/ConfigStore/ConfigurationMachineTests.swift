import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

func sampleRecord(
    _ store: String,
    _ version: Int,
    status: ConfigurationRecord.Status = .active,
    change: ConfigurationRecord.Change = .put,
    _ configuration: StoreConfiguration = StoreConfiguration()
) -> ConfigurationRecord {
    ConfigurationRecord(
        store: store,
        version: version,
        status: status,
        configuration: configuration,
        change: change,
        firstVersion: 1,
        created: Timestamp(microseconds: 5),
        createdBy: "a\"b",
        updated: Timestamp(microseconds: -7),
        updatedBy: "ü"
    )
}

@Suite("Records of configuration, alone")
struct ConfigurationMachineTests {
    private static let rules = ConfigurationRules(templates: ["small"])
    private static let now = Timestamp(microseconds: 1_000)

    private func partitions(_ count: Int) -> StoreConfiguration {
        var configuration = StoreConfiguration()
        configuration.partitions = count
        return configuration
    }

    private func decide(
        _ change: ConfigurationRequestedChange,
        _ current: ConfigurationRecord?,
        _ expected: Int? = nil
    ) throws(StoreError) -> ConfigurationRecord? {
        try Self.rules.decide(change, of: "x", current: current, expecting: expected, by: "me", now: Self.now)
    }

    // MARK: Rules

    @Test("A record begins with version 1, counts on, and knows who made it and who changed it")
    func versions() throws {
        let first = try #require(try decide(.put(partitions(2), .active), nil))
        #expect(first.version == 1 && first.isFirst && first.status == .active && first.createdBy == "me")
        let second = try #require(
            try Self.rules.decide(
                .put(partitions(3), .inactive),
                of: "x",
                current: first,
                by: "you",
                now: Timestamp(microseconds: 9_000)
            )
        )
        #expect(second.version == 2 && !second.isFirst && second.status == .inactive)
        #expect(second.created == first.created && second.createdBy == "me")
        #expect(second.updated == Timestamp(microseconds: 9_000) && second.updatedBy == "you")
        #expect(
            second.differences(from: first) == [
                ConfigurationDifference("status", .text("active"), .text("inactive")),
                ConfigurationDifference("partitions", .number(2), .number(3)),
            ]
        )
        // The same again is nothing new.
        #expect(try decide(.put(partitions(3), .inactive), second) == nil)
        // An earlier version's content comes back as a new version.
        let third = try #require(try decide(.rollback(to: first), second))
        #expect(third.version == 3 && third.configuration == first.configuration && third.status == .active)
        #expect(third.change == .rollback(to: 1))
    }

    @Test("A deleted record can begin again; its versions count on")
    func deletion() throws {
        let first = sampleRecord("x", 1)
        let going = try #require(try decide(.delete(erasing: true), first))
        #expect(going.status == .pendingDeletion && going.change == .deletion(erasing: true) && going.version == 2)
        #expect(try decide(.delete(erasing: true), going) == nil)
        // Somebody has thought better of the files meanwhile.
        #expect(try decide(.delete(erasing: false), going)?.version == 3)
        #expect(throws: StoreError.unavailable(store: "x", why: "it is being taken out of the node")) {
            try decide(.put(partitions(2), .active), going)
        }
        #expect(try decide(.confirmRemoval(version: 1), going) == nil)
        let gone = try #require(try decide(.confirmRemoval(version: 2), going))
        #expect(gone.status == .deleted && !gone.isPresent)
        #expect(throws: StoreError.noSuchConfiguration("x")) { try decide(.delete(erasing: false), gone) }
        #expect(throws: StoreError.noSuchConfiguration("x")) { try decide(.rollback(to: first), gone) }
        let again = try #require(try decide(.put(partitions(4), .active), gone, 0))
        #expect(again.version == 4 && again.isFirst && again.firstVersion == 4 && again.created == Self.now)
        #expect(throws: StoreError.invalid("version 3 of store 'x' is its deletion; there is nothing to go back to")) {
            try decide(.rollback(to: gone), again)
        }
    }

    @Test(
        "A version that is expected must be there: 0 is none",
        arguments: [(nil, 0), (nil, 1), (1, 0), (1, 2), (5, 4)] as [(Int?, Int)]
    )
    func expectations(_ version: Int?, _ expected: Int) throws {
        let current = version.map { sampleRecord("x", $0) }
        let change = ConfigurationRequestedChange.put(partitions(9), .active)
        if expected == version ?? 0 {
            #expect(try decide(change, current, expected) != nil)
        } else {
            let error = StoreError.wrongConfigurationVersion(store: "x", expected: expected, actual: version ?? 0)
            #expect(throws: error) { try decide(change, current, expected) }
        }
    }

    @Test("What cannot be is refused with all that is wrong")
    func refused() {
        var bad = partitions(0)
        (bad.template, bad.directory, bad.tags) = ("smal", "here", [""])
        let error = #expect(throws: StoreError.self) { try decide(.put(bad, .active), nil) }
        guard case .invalidConfiguration(let mistakes) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(mistakes.map(\.path) == ["partitions", "tags", "template", "directory"])
        var moved = StoreConfiguration()
        moved.directory = "/elsewhere"
        #expect(throws: StoreError.self) { try decide(.put(moved, .active), sampleRecord("x", 1)) }
        for status in [ConfigurationRecord.Status.deleted, .pendingDeletion] {
            #expect(throws: StoreError.self) { try decide(.put(StoreConfiguration(), status), nil) }
        }
    }

    @Test("A record is made of a store that has none, and never in place of one")
    func adoption() throws {
        #expect(try decide(.adopt(partitions(2)), nil)?.change == .adoption)
        #expect(try decide(.adopt(partitions(2)), sampleRecord("x", 1)) == nil)
        let gone = sampleRecord("x", 4, status: .deleted, change: .removal)
        #expect(try decide(.adopt(partitions(2)), gone)?.version == 5)
        let kept = try #require(try decide(.recover(sampleRecord("x", 9, status: .inactive, partitions(3))), nil))
        #expect(kept.version == 1 && kept.status == .inactive && kept.configuration == partitions(3))
        #expect(kept.change == .recovery && kept.created == Timestamp(microseconds: 5) && kept.createdBy == "a\"b")
    }

    // MARK: On the disk

    @Test("A record comes back from its event as it was, and what is none is refused")
    func events() throws {
        let changes: [ConfigurationRecord.Change] = [
            .put, .rollback(to: 3), .adoption, .recovery, .deletion(erasing: true), .deletion(erasing: false), .removal,
        ]
        for change in changes {
            for status in ConfigurationRecord.Status.allCases {
                let record = sampleRecord("x", 12, status: status, change: change, partitions(2))
                let event = record.event(EventID(high: 1, low: 2))
                #expect(
                    try ConfigurationRecord(store: "x", version: 12, type: event.type, content: event.data) == record
                )
                for index in event.data.indices {
                    var flipped = event.data
                    flipped[index] ^= 0x10
                    _ = try? ConfigurationRecord(store: "x", version: 12, type: event.type, content: flipped)
                    let cut = Array(event.data[..<index])
                    #expect(throws: Malformed.self) {
                        try ConfigurationRecord(store: "x", version: 12, type: event.type, content: cut)
                    }
                }
                #expect(throws: Malformed.self) {
                    try ConfigurationRecord(store: "x", version: 12, type: "other", content: event.data)
                }
            }
        }
    }

    @Test("A flipped bit or a missing byte anywhere in the copy is noticed")
    func copy() throws {
        let records = [
            sampleRecord("a", 3, partitions(2)), sampleRecord("b", 1, status: .pendingDeletion, change: .adoption),
        ]
        let bytes = ConfigurationCache.encode(records)
        #expect(try ConfigurationCache.decode(bytes) == records)
        #expect(try ConfigurationCache.decode(ConfigurationCache.encode([])) == [])
        for index in bytes.indices {
            #expect(throws: Malformed.self) { try ConfigurationCache.decode(Array(bytes[..<index])) }
            for bit in 0..<8 {
                var flipped = bytes
                flipped[index] ^= 1 << UInt8(bit)
                // Only what has the same meaning in JSON can pass: a space of another kind, say.
                if let read = try? ConfigurationCache.decode(flipped) { #expect(read == records, "byte \(index)") }
            }
        }
    }

    // MARK: Following

    @Test(
        "One thing at a time is done for a store, in the end the newest version, and everyone who waits is answered",
        arguments: Seeds(300)
    )
    func following(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var machine = ConfigurationFollowerMachine()
        var versions: [String: Int] = [:]
        var busy: [String: ConfigurationRecord] = [:]
        var done: [String: Int] = [:]
        var pauses: [(String, Int)] = []
        var open: [Int: (store: String, version: Int)?] = [:]
        var ticket = 0

        func take(_ event: ConfigurationFollowerMachine.Event) {
            for effect in machine.handle(event) {
                switch effect {
                case .carryOut(let record):
                    #expect(busy[record.store] == nil, "two at a time for \(record.store)")
                    #expect(record.version == versions[record.store], "an old version")
                    #expect(record.status != .deleted)
                    busy[record.store] = record
                case .pause(let store, let version, let time):
                    #expect(time > .zero && time <= .seconds(30))
                    pauses.append((store, version))
                case .answer(let number, let error):
                    guard let waiting = open.removeValue(forKey: number) else {
                        Issue.record("answered twice")
                        continue
                    }
                    if let waiting, error == nil {
                        #expect(done[waiting.store, default: 0] >= waiting.version)
                    }
                case .keepCopy: #expect(machine.isCaughtUp, "a copy of a part of the records")
                }
            }
        }
        func finish(_ store: String, _ error: StoreError?) {
            guard let record = busy.removeValue(forKey: store) else { return }
            if error == nil { done[store] = max(done[store, default: 0], record.version) }
            take(.carriedOut(store: store, version: record.version, error))
        }

        var isCaughtUp = false
        for _ in 0..<Int.random(in: 1..<80, using: &random) {
            let store = ["a", "b", "c"].randomElement(using: &random) ?? "a"
            if !isCaughtUp, Int.random(in: 0..<5, using: &random) == 0 {
                isCaughtUp = true
                take(.caughtUp)
            }
            #expect(isCaughtUp || busy.isEmpty, "something was done before all was told")
            switch Int.random(in: 0..<9, using: &random) {
            case 0...2:
                let version = versions[store, default: 0] + 1
                versions[store] = version
                let status = ConfigurationRecord.Status.allCases.randomElement(using: &random) ?? .active
                if status == .deleted { done[store] = version }
                // Carried out already, so that what runs meanwhile is older.
                take(.recorded(sampleRecord(store, version, status: status)))
            case 3:
                // Told again, as after an interruption.
                if let version = versions[store] { take(.recorded(sampleRecord(store, version))) }
            case 4...5: finish(store, nil)
            case 6: finish(store, .unavailable(store: store, why: "no"))
            case 7:
                if let (store, version) = pauses.popLast() { take(.pauseOver(store: store, version: version)) }
            default:
                ticket += 1
                let version = Int.random(in: 0...(versions[store, default: 0] + 1), using: &random)
                open[ticket] = .some((store, version))
                take(.await(ticket, store: store, version: version))
            }
        }
        ticket += 1
        open[ticket] = .some(nil)
        take(.awaitQuiet(ticket))
        take(.caughtUp)
        // In the end everything succeeds.
        while !busy.isEmpty || !pauses.isEmpty {
            for store in busy.keys.sorted() { finish(store, nil) }
            for (store, version) in pauses {
                pauses.removeFirst()
                take(.pauseOver(store: store, version: version))
            }
        }
        for (store, version) in versions { #expect(done[store] == version, "seed \(seed): \(store)") }
        #expect(machine.problems.isEmpty)
        // Only those still wait who wait for what has not been recorded.
        for waiting in open.values {
            #expect(waiting.map { $0.version > versions[$0.store, default: 0] } == true, "seed \(seed)")
        }
    }
}
