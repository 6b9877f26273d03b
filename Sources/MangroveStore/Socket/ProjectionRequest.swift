/// A question about projections, as it travels.
enum ProjectionRequest: Sendable, Equatable {
    case list
    case state(name: String, key: String)
    case states(name: String, after: String?, count: Int)
    case rebuild(name: String)
    case create(name: String, Aggregate)
    case delete(name: String)

    /// Whether carrying it out changes something, so that losing the answer leaves open what is the case.
    var changesSomething: Bool {
        switch self {
        case .list, .state, .states: false
        case .rebuild, .create, .delete: true
        }
    }

    func perform(_ store: String, on gateway: any Gateway) async throws -> GatewayReply {
        switch self {
        case .list: return .projection(.list(try await gateway.projections(of: store)))
        case .state(let name, let key):
            return .projection(.state(try await gateway.projectedState(of: name, in: store, key: key)))
        case .states(let name, let after, let count):
            let states = try await gateway.projectedStates(of: name, in: store, after: after, count: count)
            return .projection(.states(states))
        case .rebuild(let name): try await gateway.rebuildProjection(name, of: store)
        case .create(let name, let aggregate): try await gateway.createAggregate(name, of: store, aggregate)
        case .delete(let name): try await gateway.deleteAggregate(name, of: store)
        }
        return .done
    }

    func encode(_ writer: inout WireWriter) {
        switch self {
        case .list: writer.byte(1)
        case .state(let name, let key):
            writer.byte(2)
            writer.text(name)
            writer.text(key)
        case .states(let name, let after, let count):
            writer.byte(3)
            writer.text(name)
            writer.optional(after) { $0.text($1) }
            writer.integer(count)
        case .rebuild(let name):
            writer.byte(4)
            writer.text(name)
        case .create(let name, let aggregate):
            writer.byte(5)
            writer.text(name)
            writer.aggregate(aggregate)
        case .delete(let name):
            writer.byte(6)
            writer.text(name)
        }
    }

    static func decode(_ reader: inout WireReader) throws(WireError) -> ProjectionRequest {
        switch try reader.byte() {
        case 1: .list
        case 2: .state(name: try reader.text(), key: try reader.text())
        case 3: .states(name: try reader.text(), after: try reader.optionalText(), count: try reader.integer())
        case 4: .rebuild(name: try reader.text())
        case 5: .create(name: try reader.text(), try reader.aggregate())
        case 6: .delete(name: try reader.text())
        default: throw WireError(what: "a request about projections")
        }
    }
}

/// What is answered about projections, as it travels.
enum ProjectionReply: Sendable, Equatable {
    case list([ProjectionInfo])
    case state([UInt8]?)
    case states([ProjectedState])

    func encode(_ writer: inout WireWriter) {
        switch self {
        case .list(let infos):
            writer.byte(1)
            writer.list(infos) { writer, info in
                writer.text(info.name)
                for number in [info.checkpoint, info.lag, info.states] { writer.integer(number) }
                writer.optional(info.failure) { $0.text($1) }
            }
        case .state(let state):
            writer.byte(2)
            writer.optional(state) { $0.data($1) }
        case .states(let states):
            writer.byte(3)
            writer.list(states) { writer, state in
                writer.text(state.key)
                writer.data(state.data)
            }
        }
    }

    static func decode(_ reader: inout WireReader) throws(WireError) -> ProjectionReply {
        switch try reader.byte() {
        case 1:
            .list(
                try reader.list { (reader) throws(WireError) in
                    ProjectionInfo(
                        name: try reader.text(),
                        checkpoint: try reader.integer(),
                        lag: try reader.integer(),
                        states: try reader.integer(),
                        failure: try reader.optionalText()
                    )
                }
            )
        case 2: .state(try reader.optional { (reader) throws(WireError) in try reader.data() })
        case 3:
            .states(
                try reader.list { (reader) throws(WireError) in
                    ProjectedState(key: try reader.text(), data: try reader.data())
                }
            )
        default: throw WireError(what: "a reply about projections")
        }
    }
}

extension SocketGateway {
    /// Asks the node, as ``ProjectionGateway/projections(of:)`` says.
    /// - Throws: ``StoreError``.
    public func projections(of store: String) async throws -> [ProjectionInfo] {
        try await ask(.projection(store: store, .list)) {
            if case .projection(.list(let all)) = $0 { all } else { nil }
        }
    }

    /// Asks the node, as ``ProjectionGateway/projectedState(of:in:key:)`` says.
    /// - Throws: ``StoreError``.
    public func projectedState(of name: String, in store: String, key: String) async throws -> [UInt8]? {
        let state: [UInt8]?? = try await ask(.projection(store: store, .state(name: name, key: key))) {
            if case .projection(.state(let state)) = $0 { .some(state) } else { nil }
        }
        return state ?? nil
    }

    /// Asks the node, as ``ProjectionGateway/projectedStates(of:in:after:count:)`` says.
    /// - Throws: ``StoreError``.
    public func projectedStates(
        of name: String,
        in store: String,
        after: String?,
        count: Int
    ) async throws -> [ProjectedState] {
        try await ask(.projection(store: store, .states(name: name, after: after, count: count))) {
            if case .projection(.states(let states)) = $0 { states } else { nil }
        }
    }

    /// Asks the node, as ``ProjectionGateway/rebuildProjection(_:of:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func rebuildProjection(_ name: String, of store: String) async throws {
        try await ask(.projection(store: store, .rebuild(name: name))) { if case .done = $0 { () } else { nil } }
    }

    /// Asks the node, as ``ProjectionGateway/createAggregate(_:of:_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func createAggregate(_ name: String, of store: String, _ aggregate: Aggregate) async throws {
        try await ask(.projection(store: store, .create(name: name, aggregate))) {
            if case .done = $0 { () } else { nil }
        }
    }

    /// Asks the node, as ``ProjectionGateway/deleteAggregate(_:of:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func deleteAggregate(_ name: String, of store: String) async throws {
        try await ask(.projection(store: store, .delete(name: name))) { if case .done = $0 { () } else { nil } }
    }
}
