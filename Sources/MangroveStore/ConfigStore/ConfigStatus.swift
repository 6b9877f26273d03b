import Mangrove

/// How the configuration store of a node is doing, for those who work with it.
final class ConfigStatus: Sendable {
    enum State: Sendable {
        /// It is not open, and is being opened; with why that takes long, if it does.
        case opening(StoreError?)
        /// It is open. A number that is new whenever it is another store than before.
        case open(generation: Int)
        /// It cannot be opened. The records are those of the copy that is kept, if that could be read.
        case damaged(StoreError, [ConfigurationRecord]?)
    }

    private let state = Lock(State.opening(nil))
    /// Rung at each change, for the one who follows.
    let changed = AsyncSignal()

    var now: State { state.withLock { $0 } }

    func set(_ new: State) {
        state.withLock { $0 = new }
        changed.ring()
    }
}

/// What the processes share that keep the configuration of a node's stores.
struct ConfigPlace: Sendable {
    /// Where the configuration store and the copy of it are.
    let dataDirectory: String
    /// What the subtree of the configuration store is given.
    let store: StorePlace
    let node: NodePlace
    let status: ConfigStatus

    /// The node's configuration, beneath what is on record.
    var configuration: NodeConfiguration { node.configuration }

    /// How records may change.
    var rules: ConfigurationRules { ConfigurationRules(templates: Set(configuration.templates.keys)) }

    /// The session of the configuration store.
    /// - Throws: ``StoreError/configurationReadOnly(_:)`` if it is damaged, `unavailable` if it is being opened.
    func session() throws(StoreError) -> EngineSession {
        switch status.now {
        case .open: break
        case .damaged(let error, _):
            throw .configurationReadOnly("\(error); 'grove config recover' makes it anew from the copy that is kept")
        case .opening(let why):
            throw why ?? .unavailable(store: StoreID.configuration, why: "it is being opened")
        }
        guard let session = store.running.session(of: StoreID.configuration) else {
            throw .unavailable(store: StoreID.configuration, why: "it is being restarted")
        }
        return session
    }
}

extension ConfigurationRecord {
    /// The last version of a store's record, or the one that is asked for; nil if there is none. Blocks.
    /// - Throws: ``StoreError``.
    static func read(
        _ engine: StoreEngine,
        _ store: String,
        version: Int? = nil
    ) throws(StoreError) -> (record: ConfigurationRecord, id: EventID)? {
        let events = try engine.read(
            stream: store,
            start: version.map { $0 - 1 },
            count: 1,
            direction: .backward
        )
        guard let event = events.first, version == nil || event.version + 1 == version else { return nil }
        return (try ConfigurationRecord(checking: event), event.id)
    }

    /// Takes a record out of its event.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)``: somebody has written what is none.
    init(checking event: RecordedEvent) throws(StoreError) {
        do throws(Malformed) {
            try self.init(event)
        } catch {
            throw .damaged(
                store: StoreID.configuration,
                file: "event \(event.position)",
                offset: 0,
                what: error.what
            )
        }
    }
}
