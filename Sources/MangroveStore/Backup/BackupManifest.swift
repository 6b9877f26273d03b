import Mangrove

/// What makes files in a directory a backup: the file `<number>.backup`, written last, which is there whole or not at all.
///
/// It is NDJSON, so that people and tools can read it: a line about the backup, then for each store a line about it and a
/// line for each of its files, and at the end a line with the SHA-256 of everything before.
///
/// ```
/// {"format":"mangrove-backup","version":1,"number":3,"made":"2026-01-31T09:05:00.000250Z"}
/// {"store":"orders","identity":"…","created":"…","record":120,"events":300,"directory":"orders-…"}
/// {"file":"00000000000000000001.log","bytes":4096,"sha256":"…"}
/// {"file":"settings.json","kept":"3-settings.json","bytes":20,"sha256":"…"}
/// {"end":"3a7b…"}
/// ```
///
/// A file means its first `bytes` bytes: a later backup may have appended to the same file.
struct BackupManifest: Sendable, Equatable {
    /// One file of a store.
    struct File: Sendable, Equatable {
        /// Its name in the store: that of a segment, or of a file beside the manifest.
        var name: String
        /// Its name in the backup's directory of the store.
        var kept: String
        /// How many of its bytes belong to the backup.
        var bytes: Int
        /// The digest of those bytes.
        var digest: [UInt8]

        /// The segment that it is, or nil for a file beside the manifest.
        var segment: SegmentID? { SegmentID(name: name) }
    }

    /// One store, as of the moment of the backup.
    struct Store: Sendable, Equatable {
        /// The store's name.
        var id: String
        /// What tells it from every other.
        var identity: StoreIdentity
        /// When it was made.
        var created: Timestamp
        /// The last record that is in the backup.
        var record: UInt64
        /// How many events there had been, those that are gone included: the position after the last.
        var events: Int
        /// The directory of its files in the target's `stores`.
        var directory: String
        /// Its files: the segments in order, then the others.
        var files: [File] = []

        /// Bytes of all its files.
        var bytes: Int { files.reduce(0) { $0 + $1.bytes } }
    }

    /// Which backup in its target it is, from 1.
    var number: Int
    /// When the positions were taken.
    var made: Timestamp
    /// The stores, sorted by name.
    var stores: [Store] = []

    /// What ends the names of such files.
    static let suffix = ".backup"
    private static let format = "mangrove-backup"
    private static let version = 1
    /// The largest file that is taken for one: 256 MiB.
    static let limit = 256 << 20

    /// The file's name.
    var name: String { "\(number)" + Self.suffix }

    /// The number of the backup whose file has this name, or nil.
    static func number(of name: String) -> Int? {
        guard name.hasSuffix(suffix), let number = Int(name.dropLast(suffix.count)), number > 0 else { return nil }
        return "\(number)" + suffix == name ? number : nil
    }

    /// The store's directory in a target: its name tells people which it is, its identity is what counts.
    static func directory(_ id: String, _ identity: StoreIdentity) -> String {
        id + "-" + hexadecimal(identity)
    }

    static func hexadecimal(_ identity: StoreIdentity) -> String {
        var bytes: [UInt8] = []
        bytes.append(little: identity.high.bigEndian)
        bytes.append(little: identity.low.bigEndian)
        return bytes.hexadecimal
    }

    // MARK: Bytes

    /// The file's bytes.
    func encoded() -> [UInt8] {
        var text: [UInt8] = []
        text.append(contentsOf: "{\"format\":\"\(Self.format)\",\"version\":\(Self.version),\"number\":\(number),".utf8)
        text.append(contentsOf: "\"made\":\"\(made)\"}\n".utf8)
        for store in stores {
            text.append(contentsOf: "{\"store\":".utf8)
            JSONText.append(store.id, to: &text)
            text.append(contentsOf: ",\"identity\":\"\(Self.hexadecimal(store.identity))\"".utf8)
            text.append(contentsOf: ",\"created\":\"\(store.created)\",\"record\":\(store.record)".utf8)
            text.append(contentsOf: ",\"events\":\(store.events),\"directory\":".utf8)
            JSONText.append(store.directory, to: &text)
            text.append(contentsOf: "}\n".utf8)
            for file in store.files {
                text.append(contentsOf: "{\"file\":".utf8)
                JSONText.append(file.name, to: &text)
                if file.kept != file.name {
                    text.append(contentsOf: ",\"kept\":".utf8)
                    JSONText.append(file.kept, to: &text)
                }
                text.append(contentsOf: ",\"bytes\":\(file.bytes),\"sha256\":\"\(file.digest.hexadecimal)\"}\n".utf8)
            }
        }
        let digest = SHA256.digest(text).hexadecimal
        text.append(contentsOf: "{\"end\":\"\(digest)\"}\n".utf8)
        return text
    }

    /// Takes a manifest from the bytes of the file with this name.
    /// - Throws: ``Malformed``.
    init(decoding bytes: [UInt8], name: String) throws(Malformed) {
        do throws(NDJSONError) {
            self = try Self.decode(bytes)
        } catch {
            throw Malformed(error.description)
        }
        guard self.name == name else { throw Malformed("it is backup \(number), not what its name says") }
        let encoded = encoded()
        guard encoded == bytes else { throw Malformed("its digest is wrong") }
    }

    private init(number: Int, made: Timestamp) {
        self.number = number
        self.made = made
    }

    /// Makes the manifest of a backup.
    init(number: Int, made: Timestamp, stores: [Store]) {
        self.number = number
        self.made = made
        self.stores = stores
    }

    private static func decode(_ bytes: [UInt8]) throws(NDJSONError) -> BackupManifest {
        var splitter = LineSplitter()
        splitter.append(bytes)
        splitter.finish()
        guard let first = try splitter.next() else { throw NDJSONError(line: 1, "it is empty") }
        let head = try LineMembers(first)
        guard try head.string("format", required: true) == format else {
            throw NDJSONError(line: 1, "it is no backup's")
        }
        guard try head.integer("version") == version else {
            throw NDJSONError(line: 1, "its format \(try head.integer("version")) is not known")
        }
        var manifest = BackupManifest(number: try head.integer("number"), made: try head.timestamp("made"))
        var ended = false
        while let line = try splitter.next() {
            guard !ended else { throw NDJSONError(line: line.number, "it goes on after its end") }
            let members = try LineMembers(line)
            if members.has("end") {
                ended = true
            } else if members.has("store") {
                manifest.stores.append(try store(members))
            } else {
                guard let last = manifest.stores.indices.last else {
                    throw NDJSONError(line: line.number, "a file belongs to no store")
                }
                manifest.stores[last].files.append(try file(members))
            }
        }
        guard ended else { throw NDJSONError(line: 1, "its end is missing") }
        return manifest
    }

    private static func store(_ members: LineMembers) throws(NDJSONError) -> Store {
        let identity = try members.bytes(hexadecimal: "identity", count: 16)
        func half(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        return Store(
            id: try members.nonEmptyString("store"),
            identity: StoreIdentity(high: half(identity[..<8]), low: half(identity[8...])),
            created: try members.timestamp("created"),
            record: UInt64(try members.integer("record")),
            events: try members.integer("events"),
            directory: try members.fileName("directory")
        )
    }

    private static func file(_ members: LineMembers) throws(NDJSONError) -> File {
        let name = try members.fileName("file")
        return File(
            name: name,
            kept: members.has("kept") ? try members.fileName("kept") : name,
            bytes: try members.integer("bytes"),
            digest: try members.bytes(hexadecimal: "sha256", count: SHA256.size)
        )
    }
}

extension LineMembers {
    /// Whether there is a member of that name.
    func has(_ name: String) -> Bool {
        bytes(name) != nil
    }

    /// A member's value, which must be a whole number, 0 or more.
    func integer(_ name: String) throws(NDJSONError) -> Int {
        guard let bytes = bytes(name), let number = Int(String(decoding: bytes, as: UTF8.self)), number >= 0 else {
            throw wrong(name, "a whole number")
        }
        return number
    }

    /// A member's value, which must be a moment as RFC 3339 writes it.
    func timestamp(_ name: String) throws(NDJSONError) -> Timestamp {
        guard let text = try string(name, required: true), let time = Timestamp(text) else {
            throw wrong(name, "a moment")
        }
        return time
    }

    /// A member's value, which must be so many bytes in hexadecimal digits.
    func bytes(hexadecimal name: String, count: Int) throws(NDJSONError) -> [UInt8] {
        guard let text = try string(name, required: true), let bytes = [UInt8](hexadecimal: text), bytes.count == count
        else { throw wrong(name, "\(count) bytes in hexadecimal digits") }
        return bytes
    }

    /// A member's value, which must be a name within a directory: no path leads out of a backup.
    func fileName(_ name: String) throws(NDJSONError) -> String {
        let text = try nonEmptyString(name)
        guard !text.hasPrefix("."), !text.contains("/"), !text.contains("\0") else {
            throw wrong(name, "a file's name")
        }
        return text
    }

    private func wrong(_ name: String, _ what: String) -> NDJSONError {
        NDJSONError(line: number, "\(JSONText.quoted(name)) is not \(what)")
    }
}

extension [UInt8] {
    /// The bytes in hexadecimal digits.
    var hexadecimal: String {
        String(decoding: flatMap { [hexadecimalDigit($0 >> 4), hexadecimalDigit($0)] }, as: UTF8.self)
    }

    /// Bytes from hexadecimal digits, or nil if they are not such.
    init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        self = bytes
    }
}
