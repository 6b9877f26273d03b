package import Mangrove

/// What stands in the data directory for a store whose files are elsewhere: the file `elsewhere` in the directory of its
/// name, which says where, and how far its making or removal has come.
///
/// ```
/// here            or: making, erasing
/// 00c2…9f1e       the store's identity, 32 hexadecimal digits
/// /mnt/fast/orders
/// crc32c 0c3fa81e
/// ```
package struct StoreLink: Sendable, Equatable {
    /// How far things have come.
    package enum State: String, Sendable {
        /// The store is being made: what is at the other end may be incomplete.
        case making
        /// It is there; if it cannot be found, its disk is missing.
        case here
        /// It is being erased.
        case erasing
    }

    /// How far things have come.
    package var state: State
    /// The store's identity.
    package var identity: StoreIdentity
    /// Where the store's files are.
    package var path: String

    /// The file's name.
    package static let name = "elsewhere"

    /// The file's bytes.
    package var encoded: [UInt8] {
        CheckedFile.encode(Array("\(state.rawValue)\n\(identity.hex)\n\(path)".utf8))
    }

    /// Makes a link.
    package init(_ state: State, _ identity: StoreIdentity, path: String) {
        self.state = state
        self.identity = identity
        self.path = path
    }

    /// Takes a link from the file's bytes.
    /// - Throws: ``Malformed``.
    package init(decoding bytes: [UInt8]) throws(Malformed) {
        let text = String(decoding: try CheckedFile.decode(bytes), as: UTF8.self)
        let lines = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard lines.count == 3, let state = State(rawValue: lines[0]), let identity = StoreIdentity(hex: lines[1]),
            !lines[2].isEmpty
        else { throw Malformed("it does not say where the store is") }
        self.init(state, identity, path: lines[2])
    }

    /// The link in a directory, or nil if there is none.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)`` if there is one that cannot be right,
    ///   ``StoreError/unavailable(store:why:)`` if it cannot be read.
    package static func read(_ disk: any Disk, _ directory: String, store: String) throws(StoreError) -> StoreLink? {
        let path = directory + "/" + name
        guard let bytes = try onDisk(store, { () throws(DiskError) in try disk.contents(path, limit: 16 << 10) }) else {
            return nil
        }
        do throws(Malformed) {
            return try StoreLink(decoding: bytes)
        } catch {
            throw .damaged(store: store, file: path, offset: 0, what: error.what)
        }
    }

    /// Writes the link, durably, in place of the one that may be there.
    package func write(_ disk: any Disk, _ directory: String, store: String) throws(StoreError) {
        try onDisk(store) { () throws(DiskError) in try disk.replace(directory, Self.name, with: encoded) }
    }
}

extension StoreIdentity {
    /// 32 hexadecimal digits.
    package var hex: String { Self.digits(high) + Self.digits(low) }

    /// Reads 32 hexadecimal digits.
    package init?(hex text: String) {
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    private static func digits(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
