public import Mangrove

/// Spreads work over several stores by keys: each key belongs to one store, the same in every program and for ever.
///
/// Rendezvous hashing by Mangrove's stable hash: when a store is added it takes over an equal part of the keys of each of the
/// others, and when one is removed its keys go to the others in equal parts; no other key moves. Source: Thaler and
/// Ravishankar, "A Name-Based Mapping Scheme for Rendezvous", 1996.
///
/// ```swift
/// let spread = try StoreSpread(["orders-1", "orders-2", "orders-3"])
/// let store = spread.store(for: customer)
/// ```
public struct StoreSpread: Sendable, Equatable {
    /// The stores, sorted by their ids.
    public let stores: [String]

    /// Spreads over these stores; each counts once.
    /// - Throws: ``StoreError/invalid(_:)`` if there are none, or an id is none that a store can have.
    public init(_ stores: some Sequence<String>) throws(StoreError) {
        self.stores = Set(stores).sorted()
        guard !self.stores.isEmpty else { throw .invalid("work can be spread over at least one store, not over none") }
        for store in self.stores { try StoreID.check(store) }
    }

    /// The store that a key belongs to.
    public func store(for key: some StableHashable) -> String {
        var best = (store: stores[0], weight: UInt64(0))
        for (number, store) in stores.enumerated() {
            var hash = StableHash()
            store.hash(into: &hash)
            key.hash(into: &hash)
            let weight = hash.value
            if number == 0 || weight > best.weight { best = (store, weight) }
        }
        return best.store
    }
}
