import Mangrove

/// The copy of all records in a file, for when the configuration store cannot be opened: `configuration.cache` in the data
/// directory, replaced as a whole, and readable for people.
///
/// ```
/// {"format":1,"records":2,"crc32c":2774109187}
/// {"store":"orders","version":3,"type":"configuration-put","record":{…}}
/// {"store":"billing","version":1,"type":"configuration-adopted","record":{…}}
/// ```
/// The checksum is over all bytes after the first line.
enum ConfigurationCache {
    /// The file's name.
    static let name = "configuration.cache"
    private static let maximumSize = 256 << 20

    /// The file's bytes.
    static func encode(_ records: [ConfigurationRecord]) -> [UInt8] {
        var lines: [UInt8] = []
        for record in records {
            lines += Array("{\"store\":\(JSONText.quoted(record.store)),\"version\":\(record.version),".utf8)
            lines += Array("\"type\":\"\(record.eventType)\",\"record\":".utf8) + record.content + Array("}\n".utf8)
        }
        let head = "{\"format\":1,\"records\":\(records.count),\"crc32c\":\(CRC32C.of(lines))}\n"
        return Array(head.utf8) + lines
    }

    /// Takes the records out of the file's bytes.
    /// - Throws: ``Malformed``.
    static func decode(_ bytes: [UInt8]) throws(Malformed) -> [ConfigurationRecord] {
        guard let end = bytes.firstIndex(of: 0x0A) else { throw Malformed("the cache has no first line") }
        let (head, body) = (Array(bytes[..<end]), Array(bytes[(end + 1)...]))
        guard let members = try? JSONText.object(head),
            let format = integer("format", members, head), let count = integer("records", members, head),
            let checksum = integer("crc32c", members, head)
        else { throw Malformed("the cache's first line makes no sense") }
        guard format == 1 else { throw Malformed("the cache's format \(format) is not known") }
        guard checksum == Int(CRC32C.of(body)) else { throw Malformed("the cache's checksum is wrong") }
        var records: [ConfigurationRecord] = []
        for line in body.split(separator: 0x0A) { records.append(try record(Array(line))) }
        guard records.count == count else {
            throw Malformed("the cache has \(records.count) records instead of \(count)")
        }
        return records
    }

    private static func record(_ line: [UInt8]) throws(Malformed) -> ConfigurationRecord {
        guard let members = try? JSONText.object(line), let version = integer("version", members, line),
            let store = members["store"].flatMap({ try? JSONText.string(line, at: $0.value) }),
            let type = members["type"].flatMap({ try? JSONText.string(line, at: $0.value) }),
            let content = members["record"]?.value
        else { throw Malformed("a line of the cache makes no sense") }
        return try ConfigurationRecord(store: store, version: version, type: type, content: Array(line[content]))
    }

    private static func integer(_ name: String, _ members: JSONObject, _ text: [UInt8]) -> Int? {
        members[name].flatMap { Int(String(decoding: text[$0.value], as: UTF8.self)) }
    }

    /// Replaces the file. Blocks.
    /// - Throws: ``DiskError``; the one before may still be there.
    static func write(_ records: [ConfigurationRecord], _ disk: any Disk, _ directory: String) throws(DiskError) {
        try disk.replace(directory, name, with: encode(records))
    }

    /// Reads the file; nil if there is none. Blocks.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)``, or ``StoreError/unavailable(store:why:)``.
    static func read(_ disk: any Disk, _ directory: String) throws(StoreError) -> [ConfigurationRecord]? {
        let store = StoreID.configuration
        let path = directory + "/" + name
        guard
            let bytes = try onDisk(store, { () throws(DiskError) in try disk.contents(path, limit: maximumSize) })
        else { return nil }
        do throws(Malformed) {
            return try decode(bytes)
        } catch {
            throw .damaged(store: store, file: path, offset: 0, what: error.what)
        }
    }
}
