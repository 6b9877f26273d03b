import Mangrove

/// Has a store refused as a whole when damage is found in it: whoever comes on it says so to the store manager.
struct StoreRefusal: Sendable {
    private let store: String
    private let manager: Address<StoreManager>
    private let keeper: Address<ConfigStore>

    init(_ runtime: Runtime, _ store: String) {
        self.store = store
        manager = runtime.address(StoreManager.name, of: StoreManager.self)
        keeper = runtime.address(ConfigStore.name, of: ConfigStore.self)
    }

    /// Runs `work`, and reports the damage it comes on.
    /// - Throws: what `work` throws.
    func watching<Result: Sendable>(_ work: () async throws -> Result) async throws -> Result {
        do {
            return try await work()
        } catch let error as StoreError {
            if case .damaged = error {
                // A manager that is just being restarted hears of it from whoever comes on it next.
                if StoreID.isReserved(store) {
                    try? keeper.cast { await $0.refuse(error) }
                } else {
                    try? manager.cast { [store] in $0.refuse(store, error) }
                }
            }
            throw error
        }
    }
}
