import Mangrove

extension LocalGateway {
    /// Puts an append to one stream to its writer, and waits until it is durable.
    ///
    /// A writer that is there is asked without going through a gateway worker; one that is not is started by one.
    func put(_ request: AppendRequest, to stream: String, in store: String) async throws -> [AppendResult] {
        let present = runtime.address(StoreName(store: store).name(.writer, key: stream), of: StreamWriter.self)
        let pending: PendingAppend
        do {
            pending = try await present.call { $0.begin() }.put(request)
        } catch CallError.noProcess {
            let writer = try await worker(store, stream).call { try await $0.writer(of: stream) }
            pending = try await writer.call { $0.begin() }.put(request)
        }
        switch await pending.outcome() {
        case .done(let results): return results
        case .failed(let error): throw error
        case .needsRead: return try await worker(store, stream).call { try await $0.append(request) }.results()
        }
    }
}
