public import Mangrove

/// Keys in files that only their owner can read, one for each stream, in a directory of their own: outside the data
/// directory, so that no copy of that has them.
///
/// A key is durable before it is used. Forgetting one writes zeros over it, flushes them, and puts a mark in the file's
/// place. What a disk or a file system keeps of overwritten blocks is beyond a program: where that matters, keep the keys
/// in something made for it.
///
/// ```
/// size
///    8  the ASCII letters "MGRVSKEY"
///    1  1 for a key, 2 for a forgotten one
///    4  size of the store's name, then the name
///    4  size of the stream's name, then the name
///    4  size of the key, then the key
///    4  CRC32C over all before
/// ```
public final class FileKeyVault: KeyVault {
    private struct Name: Hashable {
        var store: String
        var stream: StreamKey
    }

    private static let magic: UInt64 = 0x5945_4B53_5652_474D

    private let disk: any Disk
    private let directory: String
    /// Also held during disk work: keys are made and forgotten one after the other.
    private let known = Lock<[Name: StreamKeyState]>([:])

    /// Opens a vault, and makes its directory if it is not there; its parent must be.
    /// - Throws: ``DiskError``.
    public init(disk: any Disk, directory: String) throws(DiskError) {
        self.disk = disk
        self.directory = directory
        try disk.createDirectory(directory)
        for name in try disk.list(directory) {
            if name.hasSuffix(".tmp") { try disk.removeIfPresent(directory + "/" + name) }
            // A forgetting that was cut off is finished.
            guard name.hasSuffix(".forgotten") else { continue }
            let mark = try disk.contents(directory + "/" + name, limit: 1 << 20) ?? []
            try disk.overwrite(directory, String(name.dropLast(10)), with: mark)
        }
    }

    /// What is known of a stream's key.
    /// - Throws: ``DiskError``, or ``StoreError/damaged(store:file:offset:what:)`` for a file that is no key's.
    public func key(of stream: String, in store: String) throws -> StreamKeyState {
        try known.withLock { try state(Name(store: store, stream: StreamKey(stream)), &$0) }
    }

    /// The stream's key; `new` becomes that if there is none.
    /// - Throws: as ``key(of:in:)``; then there may be a key or not, and the next call tells.
    public func key(of stream: String, in store: String, orKeep new: [UInt8]) throws -> StreamKeyState {
        let name = Name(store: store, stream: StreamKey(stream))
        return try known.withLock { known in
            let state = try state(name, &known)
            guard state == .absent else { return state }
            try disk.replace(directory, Self.file(name), with: Self.encode(name, .present(new)), isPrivate: true)
            known[name] = .present(new)
            return .present(new)
        }
    }

    /// Forgets a stream's key for good.
    /// - Throws: as ``key(of:in:)``; then it may be forgotten or not: forget it again.
    public func forget(_ stream: String, in store: String) throws {
        let name = Name(store: store, stream: StreamKey(stream))
        try known.withLock { known in
            let state = try state(name, &known)
            guard state != .forgotten else { return }
            known[name] = nil
            let (file, mark) = (Self.file(name), Self.encode(name, .forgotten))
            if state == .absent {
                try disk.replace(directory, file, with: mark)
            } else {
                // The mark is there first, beside the key: a crash leaves the key, or the mark, which counts.
                try disk.replace(directory, file + ".forgotten", with: mark)
                try disk.overwrite(directory, file, with: mark)
            }
            known[name] = .forgotten
        }
    }

    private func state(_ name: Name, _ known: inout [Name: StreamKeyState]) throws -> StreamKeyState {
        if let state = known[name] { return state }
        var path = directory + "/" + Self.file(name)
        // A mark beside the key is that of a forgetting that failed half-way: it counts.
        if try disk.kind(of: path + ".forgotten") != nil { path += ".forgotten" }
        guard let bytes = try disk.contents(path, limit: 1 << 20) else { return .absent }
        do throws(Malformed) {
            let state = try bytes.withUnsafeBufferPointer { bytes throws(Malformed) in
                try Self.decode(UnsafeRawBufferPointer(bytes), name)
            }
            known[name] = state
            return state
        } catch {
            throw StoreError.damaged(store: name.store, file: path, offset: 0, what: error.what)
        }
    }

    private static func file(_ name: Name) -> String {
        let digest = SHA256.digest((name.store + "\0" + name.stream.name).utf8)
        return String(decoding: digest.flatMap { [hexadecimalDigit($0 >> 4), hexadecimalDigit($0)] }, as: UTF8.self)
            + ".key"
    }

    private static func encode(_ name: Name, _ state: StreamKeyState) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(little: magic)
        var key: [UInt8] = []
        if case .present(let present) = state { key = present }
        bytes.append(state == .forgotten ? 2 : 1)
        for part in [Array(name.store.utf8), Array(name.stream.name.utf8), key] {
            bytes.append(little: UInt32(truncatingIfNeeded: part.count))
            bytes.append(contentsOf: part)
        }
        bytes.append(little: CRC32C.of(bytes))
        return bytes
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer, _ name: Name) throws(Malformed) -> StreamKeyState {
        guard bytes.count > 4 else { throw Malformed("it is too short for a key") }
        let end = bytes.count - 4
        var last = ByteReader(bytes, at: end)
        guard try last.integer(UInt32.self) == CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[..<end])) else {
            throw Malformed("its checksum is wrong")
        }
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
        guard try reader.integer(UInt64.self) == magic else { throw Malformed("it is no key") }
        let kind = try reader.integer(UInt8.self)
        let store = try reader.text(Int(try reader.integer(UInt32.self)))
        let stream = try reader.text(Int(try reader.integer(UInt32.self)))
        let key = Array(try reader.slice(Int(try reader.integer(UInt32.self))))
        guard Name(store: store, stream: StreamKey(stream)) == name, reader.remaining == 0, 1...2 ~= kind else {
            throw Malformed("it is another stream's key, or none")
        }
        return kind == 2 ? .forgotten : .present(key)
    }
}

extension Disk {
    /// Writes zeros over a file, flushes them, and puts other bytes in the file's place; then the mark beside it is removed.
    fileprivate func overwrite(_ directory: String, _ name: String, with bytes: [UInt8]) throws(DiskError) {
        let path = directory + "/" + name
        if try kind(of: path) != nil {
            let file = try self.open(path, .readWrite)
            defer { file.close() }
            try file.write([UInt8](repeating: 0, count: try file.size()), at: 0)
            try file.flush()
        }
        try replace(directory, name, with: bytes)
        try removeIfPresent(path + ".forgotten")
        try syncDirectory(directory)
    }
}
