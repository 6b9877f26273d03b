/// What can be asked about what a node has on record of its stores, whoever carries it there.
///
/// A change is durable when it is answered, and carried out by then as well, or it says why not: what is on record stays so,
/// and is tried again. A node that keeps no records refuses all of it.
public protocol ConfigurationGateway: Sendable {
    /// Puts a store's configuration on record: makes the store if there is none, or changes how it runs. A configuration
    /// that is on record already makes no new version.
    ///
    /// - Parameter status: active or inactive.
    /// - Parameter version: the version the record must be at, 0 for none; nil for any.
    /// - Parameter author: who wants it so.
    /// - Returns: the record as it is now.
    /// - Throws: ``StoreError/invalidConfiguration(_:)`` with all that is wrong;
    ///   ``StoreError/wrongConfigurationVersion(store:expected:actual:)``; ``StoreError/configurationReadOnly(_:)``;
    ///   ``StoreError/unavailable(store:why:)`` also if it is on record and not carried out yet, which says why.
    func putConfiguration(
        of store: String,
        _ configuration: StoreConfiguration,
        status: ConfigurationRecord.Status,
        expecting version: Int?,
        by author: String
    ) async throws -> ConfigurationRecord

    /// What is on record of a store.
    /// - Throws: ``StoreError/noSuchConfiguration(_:)``.
    func configuration(of store: String) async throws -> ConfigurationRecord

    /// What is on record of all stores, sorted by store, and why it is not carried out, where it is not.
    func configurations() async throws -> [ConfigurationListing]

    /// Takes a store out of the node, and its record out of the list; the history of the record stays.
    ///
    /// - Parameter version: the version the record must be at; nil for any.
    /// - Parameter erasing: whether the store's files go too.
    /// - Returns: the record as it is now.
    /// - Throws: ``StoreError/noSuchConfiguration(_:)``, and as
    ///   ``putConfiguration(of:_:status:expecting:by:)``.
    func deleteConfiguration(
        of store: String,
        expecting version: Int?,
        erasing: Bool,
        by author: String
    ) async throws -> ConfigurationRecord

    /// All versions of a store's record, oldest first, deletions and what was before them included; or those of all stores,
    /// in the order in which they were made.
    /// - Throws: ``StoreError/noSuchConfiguration(_:)`` for a store that has never had a record.
    func configurationHistory(of store: String?) async throws -> [ConfigurationRecord]

    /// Makes a new version of a record with the content of an earlier one.
    /// - Throws: as ``putConfiguration(of:_:status:expecting:by:)``; ``StoreError/invalid(_:)`` if there is no such
    ///   version, or it is a deletion.
    func rollBackConfiguration(
        of store: String,
        to earlier: Int,
        expecting version: Int?,
        by author: String
    ) async throws -> ConfigurationRecord

    /// Puts the records of a damaged configuration store aside, and makes another one out of the copy that is kept of them.
    /// - Returns: where the damaged one is now.
    /// - Throws: ``StoreError/refused(_:)`` if it is not damaged, or the copy is too.
    func recoverConfiguration() async throws -> String
}

extension ConfigurationGateway {
    /// Puts a store's configuration on record, for the store to be active, whatever is there.
    /// - Throws: as ``putConfiguration(of:_:status:expecting:by:)``.
    public func putConfiguration(
        of store: String,
        _ configuration: StoreConfiguration,
        by author: String
    ) async throws -> ConfigurationRecord {
        try await putConfiguration(of: store, configuration, status: .active, expecting: nil, by: author)
    }
}

/// A record, and whether the store is as it says.
public struct ConfigurationListing: Sendable, Hashable {
    /// The record.
    public var record: ConfigurationRecord
    /// Why it is not carried out; nil if it is, or about to be.
    public var problem: String?

    /// Makes a listing.
    public init(_ record: ConfigurationRecord, problem: String? = nil) {
        self.record = record
        self.problem = problem
    }
}
