/// What is asked of a gateway about which stores there are and how they are configured, beside the requests that have tags of
/// their own.
enum StoresRequest: Sendable, Equatable {
    case create(StoreConfiguration)
    case requestCreation(StoreConfiguration)
    case remove(erasing: Bool)
    case requestRemoval
    case kept
    case revive
    case eraseKept
    case ownConfiguration
    case configure(StoreConfiguration)

    /// The store it concerns: what was kept is called by its id and what tells it from others.
    func store(_ name: String) -> String {
        switch self {
        case .revive, .eraseKept: String(name.prefix { $0 != "@" })
        default: name
        }
    }

    /// Whether carrying it out changes something.
    var changesSomething: Bool {
        switch self {
        case .kept, .ownConfiguration: false
        case .create, .requestCreation, .remove, .requestRemoval, .revive, .eraseKept, .configure: true
        }
    }

    func encode(_ writer: inout WireWriter) {
        switch self {
        case .create(let configuration): writer.configuration(1, configuration)
        case .requestCreation(let configuration): writer.configuration(2, configuration)
        case .remove(let erasing):
            writer.byte(3)
            writer.flag(erasing)
        case .requestRemoval: writer.byte(4)
        case .kept: writer.byte(5)
        case .revive: writer.byte(6)
        case .eraseKept: writer.byte(7)
        case .ownConfiguration: writer.byte(8)
        case .configure(let configuration): writer.configuration(9, configuration)
        }
    }

    static func decode(_ reader: inout WireReader) throws(WireError) -> StoresRequest {
        switch try reader.byte() {
        case 1: .create(try reader.storeConfiguration())
        case 2: .requestCreation(try reader.storeConfiguration())
        case 3: .remove(erasing: try reader.flag())
        case 4: .requestRemoval
        case 5: .kept
        case 6: .revive
        case 7: .eraseKept
        case 8: .ownConfiguration
        case 9: .configure(try reader.storeConfiguration())
        default: throw WireError(what: "a request about stores")
        }
    }

    /// Asks `gateway`.
    func perform(_ store: String, on gateway: any Gateway) async throws -> GatewayReply {
        switch self {
        case .create(let configuration): try await gateway.createStore(store, configuration)
        case .requestCreation(let configuration): try await gateway.requestStore(store, configuration)
        case .remove(let erasing):
            return .managed(.removed(try await gateway.removeStore(store, erasing: erasing)))
        case .requestRemoval: try await gateway.requestRemoval(of: store)
        case .kept: return .managed(.kept(try await gateway.keptStores()))
        case .revive: try await gateway.reviveStore(store)
        case .eraseKept: try await gateway.eraseKeptStore(store)
        case .ownConfiguration: return .managed(.configuration(try await gateway.ownConfiguration(of: store)))
        case .configure(let configuration):
            return .managed(.changed(restarted: try await gateway.configureStore(store, configuration)))
        }
        return .done
    }
}

/// What is answered to a ``StoresRequest`` where there is more to say than that it was done.
enum StoresReply: Sendable, Equatable {
    case removed(RemovedStore)
    case kept([KeptStore])
    case configuration(StoreConfiguration)
    case changed(restarted: Bool)

    func encode(_ writer: inout WireWriter) {
        switch self {
        case .removed(let removed):
            writer.byte(1)
            writer.text(removed.id)
            writer.optional(removed.kept) { $0.text($1.name) }
            writer.text(removed.directory)
        case .kept(let kept):
            writer.byte(2)
            writer.list(kept) { $0.text($1.name) }
        case .configuration(let configuration): writer.configuration(3, configuration)
        case .changed(let restarted):
            writer.byte(4)
            writer.flag(restarted)
        }
    }

    static func decode(_ reader: inout WireReader) throws(WireError) -> StoresReply {
        switch try reader.byte() {
        case 1:
            .removed(
                RemovedStore(
                    id: try reader.text(),
                    kept: try reader.optional { (reader) throws(WireError) in try reader.keptStore() },
                    directory: try reader.text()
                )
            )
        case 2: .kept(try reader.list { (reader) throws(WireError) in try reader.keptStore() })
        case 3: .configuration(try reader.storeConfiguration())
        case 4: .changed(restarted: try reader.flag())
        default: throw WireError(what: "an answer about stores")
        }
    }
}

extension WireWriter {
    fileprivate mutating func configuration(_ tag: UInt8, _ configuration: StoreConfiguration) {
        byte(tag)
        text(String(decoding: configuration.json, as: UTF8.self))
    }
}

extension WireReader {
    mutating func storeConfiguration() throws(WireError) -> StoreConfiguration {
        let text = try text()
        do throws(ConfigurationError) {
            return try StoreConfiguration(json: Array(text.utf8))
        } catch {
            throw WireError(what: "a store's configuration")
        }
    }

    fileprivate mutating func keptStore() throws(WireError) -> KeptStore {
        guard let kept = KeptStore(name: try text()) else { throw WireError(what: "a kept store") }
        return kept
    }
}
