/// What can be asked about the projections of a node's stores, whoever carries it there.
public protocol ProjectionGateway: Sendable {
    /// The projections of a store, sorted by name.
    func projections(of store: String) async throws -> [ProjectionInfo]

    /// The state of one key of a projection; nil if no event has gone into it.
    /// - Throws: ``StoreError/noSuchProjection(store:projection:)``.
    func projectedState(of name: String, in store: String, key: String) async throws -> [UInt8]?

    /// The states of a projection in the order of their keys, byte by byte.
    /// - Parameter after: only keys behind this one, for reading page by page.
    /// - Parameter count: how many at most.
    func projectedStates(of name: String, in store: String, after: String?, count: Int) async throws -> [ProjectedState]

    /// Computes a projection anew, from the first event. Its states are empty meanwhile.
    func rebuildProjection(_ name: String, of store: String) async throws

    /// Makes a projection of an aggregate, or changes it, when it is rebuilt. It is there after every restart.
    /// - Throws: ``StoreError/invalid(_:)`` also if the node's program has a projection of the name.
    func createAggregate(_ name: String, of store: String, _ aggregate: Aggregate) async throws

    /// Removes an aggregate with its states.
    /// - Throws: ``StoreError/noSuchProjection(store:projection:)``; `invalid` for what is the program's.
    func deleteAggregate(_ name: String, of store: String) async throws
}
