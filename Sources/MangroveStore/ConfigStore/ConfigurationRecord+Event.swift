import Mangrove

/// A record as an event of the stream that has the store's id for a name, in the configuration store.
extension ConfigurationRecord {
    /// The type of events that the changes are kept as.
    private static func type(of change: Change) -> String {
        switch change {
        case .put: "configuration-put"
        case .rollback: "configuration-rolled-back"
        case .adoption: "configuration-adopted"
        case .recovery: "configuration-recovered"
        case .deletion: "configuration-deleting"
        case .removal: "configuration-deleted"
        }
    }

    /// The event, under this id.
    func event(_ id: EventID) -> NewEvent {
        NewEvent(id: id, type: Self.type(of: change), data: content)
    }

    /// All but the store and the version, as one JSON object; times are microseconds since 1970.
    var content: [UInt8] {
        var members: [(String, [UInt8])] = [
            ("status", ConfigurationValue.text(status.rawValue).json),
            ("configuration", configuration.json),
            ("firstVersion", ConfigurationValue.number(firstVersion).json),
            ("created", ConfigurationValue.number(Int(created.microseconds)).json),
            ("createdBy", ConfigurationValue.text(createdBy).json),
            ("updated", ConfigurationValue.number(Int(updated.microseconds)).json),
            ("updatedBy", ConfigurationValue.text(updatedBy).json),
        ]
        switch change {
        case .rollback(let version): members.append(("to", ConfigurationValue.number(version).json))
        case .deletion(let erasing): members.append(("erasing", ConfigurationValue.flag(erasing).json))
        case .put, .adoption, .recovery, .removal: break
        }
        let parts = members.map { Array("\"\($0)\":".utf8) + $1 }
        return [UInt8(ascii: "{")] + Array(parts.joined(separator: [UInt8(ascii: ",")])) + [UInt8(ascii: "}")]
    }

    /// Takes a record out of its event.
    /// - Throws: ``Malformed`` if it is none.
    init(_ event: RecordedEvent) throws(Malformed) {
        try self.init(store: event.stream, version: event.version + 1, type: event.type, content: event.data)
    }

    init(store: String, version: Int, type: String, content: [UInt8]) throws(Malformed) {
        let json: LocatedJSON
        do throws(JSONError) {
            json = try LocatedJSON(content)
        } catch {
            throw Malformed("a record is not JSON: \(error)")
        }
        guard case .object(let list) = json.kind else { throw Malformed("a record is no object") }
        let members = Dictionary(list.map { ($0.name, $0.value) }) { first, _ in first }
        func number(_ name: String) throws(Malformed) -> Int {
            guard case .integer(let number)? = members[name]?.kind else { throw Malformed("a record has no '\(name)'") }
            return number
        }
        func text(_ name: String) throws(Malformed) -> String {
            guard case .string(let text)? = members[name]?.kind else { throw Malformed("a record has no '\(name)'") }
            return text
        }
        guard let status = Status(rawValue: try text("status")) else {
            throw Malformed("a record has an unknown status")
        }
        let change: Change
        switch type {
        case Self.type(of: .put): change = .put
        case Self.type(of: .rollback(to: 0)): change = .rollback(to: try number("to"))
        case Self.type(of: .adoption): change = .adoption
        case Self.type(of: .recovery): change = .recovery
        case Self.type(of: .deletion(erasing: false)):
            guard case .flag(let erasing)? = members["erasing"]?.kind else {
                throw Malformed("a record has no 'erasing'")
            }
            change = .deletion(erasing: erasing)
        case Self.type(of: .removal): change = .removal
        default: throw Malformed("a record is of the unknown type '\(type)'")
        }
        guard let place = try? JSONText.object(content)["configuration"]?.value,
            let configuration = try? StoreConfiguration(json: Array(content[place]))
        else { throw Malformed("a record has no configuration that can be read") }
        self.init(
            store: store,
            version: version,
            status: status,
            configuration: configuration,
            change: change,
            firstVersion: try number("firstVersion"),
            created: Timestamp(microseconds: Int64(try number("created"))),
            createdBy: try text("createdBy"),
            updated: Timestamp(microseconds: Int64(try number("updated"))),
            updatedBy: try text("updatedBy")
        )
    }

    /// The type of the event it is kept as.
    var eventType: String { Self.type(of: change) }
}
