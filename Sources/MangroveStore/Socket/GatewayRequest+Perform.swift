extension GatewayRequest {
    /// Asks `gateway`, and gives its answer in the form it travels in.
    /// - Parameter desk: keeps what the client has open.
    /// - Parameter pass: what it was let in with.
    func perform(
        on gateway: any Gateway,
        desk: SubscriptionDesk,
        pass: AccessPass
    ) async -> Result<GatewayReply, StoreError> {
        do {
            return .success(try await reply(of: gateway, desk, pass))
        } catch let error as StoreError {
            return .failure(error)
        } catch {
            // A gateway has promised to throw nothing else; what it means that one did is not known here.
            let why = "\(error)"
            return .failure(
                changesSomething ? .outcomeUnknown(store: store, why: why) : .unavailable(store: store, why: why)
            )
        }
    }

    private func reply(
        of gateway: any Gateway,
        _ desk: SubscriptionDesk,
        _ pass: AccessPass
    ) async throws -> GatewayReply {
        switch self {
        case .append(let store, let stream, let expected, let events):
            return .appended([try await gateway.append(to: store, stream: stream, expecting: expected, events)])
        case .appendParts(let store, let parts, let conditions):
            return .appended(try await gateway.append(to: store, parts, if: conditions))
        case .read(let store, let stream, let start, let count, let direction):
            return .events(
                try await gateway.read(from: store, stream: stream, start: start, count: count, direction: direction)
            )
        case .readAll(let store, let start, let count):
            return .events(try await gateway.readAll(from: store, start: start, count: count))
        case .version(let store, let stream): return .version(try await gateway.version(of: stream, in: store))
        case .streams(let store): return .streams(try await gateway.streams(of: store))
        case .stores: return .stores(try await gateway.stores())
        case .storeStatus(let store): return .stores([try await gateway.storeStatus(store)])
        case .storeConfiguration(let store):
            return .configuration(try await gateway.storeConfiguration(store))
        case .tree(let format): return .text(try await gateway.tree(format))
        case .metrics: return .text(try await gateway.metrics())
        case .crash(let path, let kill):
            try await gateway.crash(path, kill: kill)
            return .done
        case .operation(let call): return try await desk.operations.reply(to: call, of: gateway, pass)
        case .log(let store, let request): return try await request.reply(of: gateway, store)
        case .transaction(let request): return try await request.perform(on: gateway)
        case .managed(let store, let request): return try await request.perform(store, on: gateway)
        case .verify(let store): return .report(try await gateway.verify(store))
        case .configuration(let request): return try await request.perform(on: gateway)
        // Answered at the door already.
        case .present: return .done
        case .subscription(let request): return try await desk.reply(to: request, of: gateway, pass)
        case .projection(let store, let request): return try await request.perform(store, on: gateway)
        }
    }
}
