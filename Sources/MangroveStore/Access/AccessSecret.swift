public import Mangrove

/// The secret of a node that asks for tokens: random bytes in the file `access-secret` of its data directory, which only the
/// owner can read. Whoever knows it can make tokens; removing the file makes all tokens worthless.
public enum AccessSecret {
    static let name = "access-secret"

    /// The secret of a data directory, or nil if it has none yet. Blocks.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if the file cannot be read, ``StoreError/invalid(_:)`` if it is not what
    ///   it should be.
    public static func read(_ dataDirectory: String, on disk: any Disk) throws(StoreError) -> [UInt8]? {
        let path = dataDirectory + "/" + name
        guard let bytes = try onDisk("", { () throws(DiskError) in try disk.contents(path, limit: 4_096) }) else {
            return nil
        }
        guard bytes.count >= CapabilityToken.minimumSecret else {
            throw .invalid("\(path) has \(bytes.count) bytes; a secret has \(CapabilityToken.minimumSecret) or more")
        }
        return bytes
    }

    /// The secret of a data directory, which is made if there is none. Blocks.
    /// - Parameter random: where a new one comes from.
    /// - Throws: as ``read(_:on:)``; ``StoreError/unavailable(store:why:)`` if it cannot be written.
    public static func readOrMake(
        _ dataDirectory: String,
        on disk: any Disk,
        random: any RuntimeRandomness
    ) throws(StoreError) -> [UInt8] {
        if let secret = try read(dataDirectory, on: disk) { return secret }
        var bytes: [UInt8] = []
        while bytes.count < CapabilityToken.minimumSecret { bytes.append(little: random.next()) }
        try onDisk("") { () throws(DiskError) in
            try disk.replace(dataDirectory, name, with: bytes, isPrivate: true)
        }
        return bytes
    }
}
