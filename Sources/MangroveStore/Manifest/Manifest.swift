package import Mangrove

/// What makes a directory a store: the file `manifest`, which is there whole or not at all.
///
/// ```
/// size
///    8  the ASCII letters "MGRVSTOR"
///    4  format version: 1
///    8  created, microseconds since 1970, signed
///    8  high half of the store's identity
///    8  low half
///    2  size of the store's name, then the name
///    4  CRC32C over everything before
/// ```
package struct Manifest: Sendable, Equatable {
    /// The store's name.
    package var store: String
    /// When it was created.
    package var created: Timestamp
    /// What tells it from every other store.
    package var identity: StoreIdentity

    /// The file's name.
    package static let name = "manifest"
    /// The name it gets first when its store is removed.
    package static let removedName = "manifest.removed"
    private static let magic: UInt64 = 0x524F_5453_5652_474D
    private static let version: UInt32 = 1

    /// Makes a manifest.
    package init(store: String, created: Timestamp, identity: StoreIdentity) {
        self.store = store
        self.created = created
        self.identity = identity
    }

    /// The file's bytes.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(little: Self.magic)
        bytes.append(little: Self.version)
        bytes.append(little: created.microseconds)
        bytes.append(little: identity.high)
        bytes.append(little: identity.low)
        bytes.append(little: UInt16(truncatingIfNeeded: store.utf8.count))
        bytes.append(contentsOf: store.utf8)
        bytes.append(little: CRC32C.of(bytes))
        return bytes
    }

    /// Takes a manifest from the file's bytes.
    /// - Throws: ``Malformed``.
    package init(decoding bytes: [UInt8]) throws(Malformed) {
        self = try bytes.withUnsafeBufferPointer { buffer throws(Malformed) in
            try Self.decode(UnsafeRawBufferPointer(buffer))
        }
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) throws(Malformed) -> Manifest {
        var reader = ByteReader(bytes)
        guard try reader.integer(UInt64.self) == magic else { throw Malformed("this is no manifest") }
        let format = try reader.integer(UInt32.self)
        guard format == version else { throw Malformed("the manifest's format \(format) is not known") }
        let created = Timestamp(microseconds: try reader.integer())
        let identity = StoreIdentity(high: try reader.integer(), low: try reader.integer())
        let store = try reader.text(Int(try reader.integer(UInt16.self)))
        let checksum = CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[..<reader.offset]))
        guard try reader.integer(UInt32.self) == checksum else { throw Malformed("the manifest's checksum is wrong") }
        guard reader.remaining == 0 else { throw Malformed("the manifest is too long") }
        return Manifest(store: store, created: created, identity: identity)
    }

    /// The manifest in a store's directory, or nil if there is none.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)`` if there is one that cannot be right,
    ///   ``StoreError/unavailable(store:why:)`` if it cannot be read.
    package static func read(_ disk: any Disk, _ directory: String, store: String) throws(StoreError) -> Manifest? {
        let path = directory + "/" + name
        guard let bytes = try onDisk(store, { () throws(DiskError) in try disk.contents(path, limit: 4096) }) else {
            return nil
        }
        do throws(Malformed) {
            let manifest = try Manifest(decoding: bytes)
            guard manifest.store == store else { throw Malformed("the manifest is that of '\(manifest.store)'") }
            return manifest
        } catch {
            throw .damaged(store: store, file: path, offset: 0, what: error.what)
        }
    }
}
