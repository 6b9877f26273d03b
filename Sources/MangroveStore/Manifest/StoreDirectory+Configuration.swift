import Mangrove

extension StoreDirectory {
    /// The file's name.
    package static let configurationName = "configuration"

    /// What is configured for the store: what was written last, or nothing.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)`` for a file that is not as it was written;
    ///   ``StoreError/unavailable(store:why:)``.
    package func configuration() throws(StoreError) -> StoreConfiguration {
        let file = path + "/" + Self.configurationName
        let bytes = try onDisk(store) { () throws(DiskError) in try disk.contents(file, limit: 1 << 20) }
        guard let bytes else { return StoreConfiguration() }
        let content: [UInt8]
        do throws(Malformed) {
            content = try CheckedFile.decode(bytes)
        } catch {
            throw .damaged(store: store, file: file, offset: 0, what: error.what + "; configure the store anew")
        }
        do throws(ConfigurationError) {
            return try StoreConfiguration(json: content, named: file)
        } catch {
            // Written by a later version, which knew more.
            throw .damaged(store: store, file: file, offset: 0, what: error.description)
        }
    }

    /// Writes what is configured for the store: durably, and as a whole or not at all.
    package func write(_ configuration: StoreConfiguration) throws(StoreError) {
        try onDisk(store) { () throws(DiskError) in
            try disk.replace(path, Self.configurationName, with: CheckedFile.encode(configuration.json))
        }
    }
}
