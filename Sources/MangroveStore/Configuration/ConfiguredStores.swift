/// What carries out what is configured for stores: a node's store manager.
///
/// All of it does nothing where things are so already, so that it can be asked for again after any failure.
protocol ConfiguredStores: Sendable {
    /// Has a store be there and run as configured: makes it, starts it if it is to be, or changes how it runs, whichever is
    /// due, and returns when that is so.
    /// - Parameter wasMade: whether the store was there before. Should it be gone, it is missed, and no empty one is made in
    ///   its place.
    /// - Parameter isActive: whether it is to run at all. One that is not stops, keeps everything, and does not start for
    ///   whoever asks for it.
    /// - Throws: ``StoreError``; what was begun goes on from there when it is asked for again.
    func apply(_ store: String, _ configuration: StoreConfiguration, isActive: Bool, wasMade: Bool) async throws

    /// Stops a store and takes it out of the node.
    /// - Parameter erasing: whether its files go too.
    /// - Throws: ``StoreError``.
    func remove(_ store: String, erasing: Bool) async throws

    /// The stores that there are, with what they themselves know to be configured for them.
    func present() async throws -> [String: StoreConfiguration]
}
