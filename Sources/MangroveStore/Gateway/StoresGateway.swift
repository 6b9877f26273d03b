/// The part of a ``Gateway`` that is about which stores there are and how they are configured.
///
/// What is asked of one store is done in the order in which it was asked; different stores do not wait for each other.
public protocol StoresGateway {
    /// The stores of the node, sorted by id.
    func stores() async throws -> [StoreInfo]

    /// Makes a store, and starts it unless it is configured to start when it is first asked for. It is there after a restart.
    /// - Throws: ``StoreError/storeExists(_:)``; ``StoreError/invalid(_:)`` for its name or configuration, with all that is
    ///   wrong; ``StoreError/refused(_:)`` for a directory that is not empty; ``StoreError/unavailable(store:why:)``: then it
    ///   is not there, unless ``storeStatus(_:)`` says so, with why it does not start.
    func createStore(_ id: String, _ configuration: StoreConfiguration) async throws

    /// As ``createStore(_:_:)``, but returns at once: whether it succeeds is seen in ``storeStatus(_:)``, and a failure is
    /// logged as `store.request.failed` and counted.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if nobody takes the request.
    func requestStore(_ id: String, _ configuration: StoreConfiguration) async throws

    /// Stops a store and takes it out of the node.
    ///
    /// Its files are kept unless they are to be erased: no restart brings them back, ``keptStores()`` lists them,
    /// ``reviveStore(_:)`` makes them a store again, and the name is free for another. Its stream keys, where it has any, are
    /// in neither case touched.
    /// - Returns: which of the two was done, and where the files are.
    /// - Throws: ``StoreError/noSuchStore(_:)``; ``StoreError/unavailable(store:why:)``: then it is still there.
    func removeStore(_ id: String, erasing: Bool) async throws -> RemovedStore

    /// As ``removeStore(_:erasing:)`` without erasing, but returns at once; as ``requestStore(_:_:)``.
    func requestRemoval(of id: String) async throws

    /// The stores that were removed and kept, sorted by name.
    func keptStores() async throws -> [KeptStore]

    /// Makes a store of what a removal kept, as it was, and starts it as ``createStore(_:_:)`` does.
    /// - Parameter kept: ``KeptStore/name``, or the id alone where only one of that id was kept.
    /// - Throws: ``StoreError/noSuchStore(_:)`` if nothing of the name was kept; ``StoreError/storeExists(_:)`` if there is
    ///   a store of that id.
    func reviveStore(_ kept: String) async throws

    /// Erases what a removal kept.
    /// - Parameter kept: as for ``reviveStore(_:)``.
    func eraseKeptStore(_ kept: String) async throws

    /// How one store is doing, with its limits and what is used of them.
    func storeStatus(_ id: String) async throws -> StoreInfo

    /// What is in force for a store: names and values, for people and programs to read.
    func storeConfiguration(_ id: String) async throws -> [String: String]

    /// What is configured for a store itself, without what it has from templates, the node and the defaults.
    func ownConfiguration(of id: String) async throws -> StoreConfiguration

    /// Configures a store anew, and returns when that is durable and in force.
    ///
    /// Limits, retention and whatever else is looked up when it is needed change at once. Where the store's processes have to
    /// be built anew, it is restarted, and nothing else is; requests wait for that meanwhile, and nothing that was
    /// acknowledged is lost.
    /// - Returns: whether the store was restarted.
    /// - Throws: ``StoreError/invalid(_:)`` with all that is wrong, nothing having changed;
    ///   ``StoreError/noSuchStore(_:)``; ``StoreError/unavailable(store:why:)``.
    func configureStore(_ id: String, _ configuration: StoreConfiguration) async throws -> Bool
}

extension StoresGateway {
    /// Makes a store of which nothing in particular is configured, and starts it. It is there after a restart.
    /// - Throws: as ``createStore(_:_:)``.
    public func createStore(_ id: String) async throws {
        try await createStore(id, StoreConfiguration())
    }

    /// Stops a store and takes it out of the node; its files are kept.
    /// - Throws: as ``removeStore(_:erasing:)``.
    @discardableResult
    public func removeStore(_ id: String) async throws -> RemovedStore {
        try await removeStore(id, erasing: false)
    }
}
