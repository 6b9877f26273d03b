/// Decides what is to be done so that the stores are as their records say.
///
/// Nothing is done before all records there are have been told: of what is long past, only the outcome counts. Then one
/// thing at a time is done for each store. When it is done and the record has moved on meanwhile, the newest version
/// comes next; those between are passed over. What fails is done again after a pause that grows.
struct ConfigurationFollowerMachine {
    /// Names whoever waits for something.
    typealias Ticket = Int

    enum Event: Sendable {
        /// A version of a record is durable.
        case recorded(ConfigurationRecord)
        /// What ``Effect/carryOut(_:)`` asked for is done, or has failed.
        case carriedOut(store: String, version: Int, StoreError?)
        case pauseOver(store: String, version: Int)
        /// Somebody wants to know when a version, or a later one, is carried out or has failed.
        case await(Ticket, store: String, version: Int)
        /// Somebody wants to know when everything is carried out or has failed once.
        case awaitQuiet(Ticket)
        /// All records that there were have been told.
        case caughtUp
    }

    enum Effect: Sendable, Equatable {
        case carryOut(ConfigurationRecord)
        case pause(store: String, version: Int, Duration)
        case answer(Ticket, StoreError?)
        /// What is on record has changed.
        case keepCopy
    }

    private struct Entry {
        var record: ConfigurationRecord
        /// The newest version that was carried out.
        var done = 0
        /// The version that is being carried out.
        var busy: Int?
        /// How often in a row that has failed.
        var failures = 0
        var problem: StoreError?
        /// Whether it waits to be tried again.
        var pauses = false
        var waiting: [(ticket: Ticket, version: Int)] = []

        /// Whether it is carried out, or has been tried.
        var isQuiet: Bool { busy == nil && (done >= record.version || problem != nil) }
    }

    private var entries: [String: Entry] = [:]
    /// Whether all records there are have been told.
    private(set) var isCaughtUp = false
    private var waitingForQuiet: [Ticket] = []

    /// The records as they are, sorted by store, without those that were deleted.
    var records: [ConfigurationRecord] {
        entries.keys.sorted().compactMap { entries[$0]?.record }.filter(\.isPresent)
    }

    /// What could not be carried out, by store.
    var problems: [String: StoreError] {
        entries.compactMapValues { $0.problem }
    }

    /// The newest version known of a store's record.
    func version(of store: String) -> Int {
        entries[store]?.record.version ?? 0
    }

    mutating func handle(_ event: Event) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .recorded(let record): take(record, &effects)
        case .carriedOut(let store, let version, let error): carriedOut(store, version, error, &effects)
        case .pauseOver(let store, let version):
            if let entry = entries[store], entry.pauses, entry.busy == nil, entry.record.version == version {
                begin(store, &effects)
            }
        case .await(let ticket, let store, let version):
            entries[store, default: Entry(record: .unheardOf(store))].waiting.append((ticket, version))
            answer(store, &effects)
        case .awaitQuiet(let ticket): waitingForQuiet.append(ticket)
        case .caughtUp:
            if isCaughtUp { break }
            isCaughtUp = true
            effects.append(.keepCopy)
            for store in entries.keys.sorted() { begin(store, &effects) }
        }
        if isCaughtUp, !waitingForQuiet.isEmpty, entries.values.allSatisfy(\.isQuiet) {
            effects += waitingForQuiet.map { .answer($0, nil) }
            waitingForQuiet = []
        }
        return effects
    }

    private mutating func take(_ record: ConfigurationRecord, _ effects: inout [Effect]) {
        let store = record.store
        var entry = entries[store] ?? Entry(record: .unheardOf(store))
        guard record.version > entry.record.version else { return }
        entry.record = record
        entry.failures = 0
        entry.problem = nil
        entries[store] = entry
        // A copy of some of them would take the place of one of all.
        if isCaughtUp { effects.append(.keepCopy) }
        if entry.busy == nil { begin(store, &effects) }
    }

    private mutating func begin(_ store: String, _ effects: inout [Effect]) {
        guard isCaughtUp, var entry = entries[store], entry.done < entry.record.version else { return }
        entry.pauses = false
        if entry.record.status == .deleted {
            // That it is gone was carried out before it was recorded.
            entry.done = entry.record.version
            entries[store] = entry
            answer(store, &effects)
        } else {
            entry.busy = entry.record.version
            entries[store] = entry
            effects.append(.carryOut(entry.record))
        }
    }

    private mutating func carriedOut(_ store: String, _ version: Int, _ error: StoreError?, _ effects: inout [Effect]) {
        guard var entry = entries[store], entry.busy == version else { return }
        entry.busy = nil
        if error == nil { entry.done = max(entry.done, version) }
        guard entry.record.version == version else {
            entries[store] = entry
            answer(store, &effects)
            begin(store, &effects)
            return
        }
        entry.problem = error
        if error != nil {
            entry.failures += 1
            entry.pauses = true
            let pause = min(Duration.milliseconds(50) * (1 << min(entry.failures, 12)), .seconds(30))
            effects.append(.pause(store: store, version: version, pause))
        } else {
            entry.failures = 0
        }
        entries[store] = entry
        answer(store, &effects)
    }

    /// Answers whoever waits for what is done now, or has failed.
    private mutating func answer(_ store: String, _ effects: inout [Effect]) {
        guard let entry = entries[store] else { return }
        var left: [(ticket: Ticket, version: Int)] = []
        for waiting in entry.waiting {
            if entry.done >= waiting.version {
                effects.append(.answer(waiting.ticket, nil))
            } else if let problem = entry.problem, entry.record.version >= waiting.version {
                effects.append(.answer(waiting.ticket, problem))
            } else {
                left.append(waiting)
            }
        }
        entries[store]?.waiting = left
    }
}

extension ConfigurationRecord {
    /// Stands for one of which nothing is known yet.
    fileprivate static func unheardOf(_ store: String) -> ConfigurationRecord {
        ConfigurationRecord(
            store: store,
            version: 0,
            status: .deleted,
            configuration: StoreConfiguration(),
            change: .removal,
            firstVersion: 0,
            created: Timestamp(microseconds: 0),
            createdBy: "",
            updated: Timestamp(microseconds: 0),
            updatedBy: ""
        )
    }
}
