/// A question about what is on record of stores, as it travels.
enum ConfigurationRequest: Sendable, Equatable {
    case put(store: String, StoreConfiguration, ConfigurationRecord.Status, version: Int?, author: String)
    case get(store: String)
    case list
    case delete(store: String, version: Int?, erasing: Bool, author: String)
    case history(store: String?)
    case rollBack(store: String, earlier: Int, version: Int?, author: String)
    case recover

    /// The store it concerns, or an empty text.
    var store: String {
        switch self {
        case .put(let store, _, _, _, _), .get(let store), .delete(let store, _, _, _),
            .rollBack(let store, _, _, _):
            store
        case .history(let store): store ?? ""
        case .list, .recover: ""
        }
    }

    /// Whether carrying it out changes something, so that losing the answer leaves open what is the case.
    var changesSomething: Bool {
        switch self {
        case .put, .delete, .rollBack, .recover: true
        case .get, .list, .history: false
        }
    }

    /// What whoever makes it must be allowed: what changes stores takes the right to change stores.
    var need: AccessNeed {
        let right: AccessRights = changesSomething ? .stores : .observe
        return AccessNeed(right, stores: store.isEmpty ? .all : .one(store))
    }

    /// The same, made by whoever has a token.
    func attributed(to token: EventID) -> ConfigurationRequest {
        func name(_ author: String) -> String { "\(author) (token \(token))" }
        return switch self {
        case .put(let store, let configuration, let status, let version, let author):
            .put(store: store, configuration, status, version: version, author: name(author))
        case .delete(let store, let version, let erasing, let author):
            .delete(store: store, version: version, erasing: erasing, author: name(author))
        case .rollBack(let store, let earlier, let version, let author):
            .rollBack(store: store, earlier: earlier, version: version, author: name(author))
        case .get, .list, .history, .recover: self
        }
    }

    func perform(on gateway: any Gateway) async throws -> GatewayReply {
        switch self {
        case .put(let store, let configuration, let status, let version, let author):
            let record = try await gateway.putConfiguration(
                of: store,
                configuration,
                status: status,
                expecting: version,
                by: author
            )
            return .records([ConfigurationListing(record)])
        case .get(let store): return .records([ConfigurationListing(try await gateway.configuration(of: store))])
        case .list: return .records(try await gateway.configurations())
        case .delete(let store, let version, let erasing, let author):
            let record = try await gateway.deleteConfiguration(
                of: store,
                expecting: version,
                erasing: erasing,
                by: author
            )
            return .records([ConfigurationListing(record)])
        case .history(let store):
            return .records(try await gateway.configurationHistory(of: store).map { ConfigurationListing($0) })
        case .rollBack(let store, let earlier, let version, let author):
            let record = try await gateway.rollBackConfiguration(
                of: store,
                to: earlier,
                expecting: version,
                by: author
            )
            return .records([ConfigurationListing(record)])
        case .recover: return .text(try await gateway.recoverConfiguration())
        }
    }

    func encode(_ writer: inout WireWriter) {
        switch self {
        case .put(let store, let configuration, let status, let version, let author):
            writer.byte(1)
            writer.text(store)
            writer.text(String(decoding: configuration.json, as: UTF8.self))
            writer.text(status.rawValue)
            writer.optional(version) { $0.integer($1) }
            writer.text(author)
        case .get(let store):
            writer.byte(2)
            writer.text(store)
        case .list: writer.byte(3)
        case .delete(let store, let version, let erasing, let author):
            writer.byte(4)
            writer.text(store)
            writer.optional(version) { $0.integer($1) }
            writer.flag(erasing)
            writer.text(author)
        case .history(let store):
            writer.byte(5)
            writer.optional(store) { $0.text($1) }
        case .rollBack(let store, let earlier, let version, let author):
            writer.byte(6)
            writer.text(store)
            writer.integer(earlier)
            writer.optional(version) { $0.integer($1) }
            writer.text(author)
        case .recover: writer.byte(7)
        }
    }

    static func decode(_ reader: inout WireReader) throws(WireError) -> ConfigurationRequest {
        switch try reader.byte() {
        case 1:
            .put(
                store: try reader.text(),
                try reader.storeConfiguration(),
                try reader.configurationStatus(),
                version: try reader.optionalInteger(),
                author: try reader.text()
            )
        case 2: .get(store: try reader.text())
        case 3: .list
        case 4:
            .delete(
                store: try reader.text(),
                version: try reader.optionalInteger(),
                erasing: try reader.flag(),
                author: try reader.text()
            )
        case 5: .history(store: try reader.optional { (reader) throws(WireError) in try reader.text() })
        case 6:
            .rollBack(
                store: try reader.text(),
                earlier: try reader.integer(),
                version: try reader.optionalInteger(),
                author: try reader.text()
            )
        case 7: .recover
        default: throw WireError(what: "a request about configuration")
        }
    }
}
