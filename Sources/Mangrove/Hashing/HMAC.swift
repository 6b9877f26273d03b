/// HMAC with SHA-256, as RFC 2104 has it: proves that whoever made it knew the key.
package enum HMAC {
    /// The code of `message` under `key`: 32 bytes.
    package static func code(_ message: some Sequence<UInt8>, key: [UInt8]) -> [UInt8] {
        var padded = key.count > SHA256.blockSize ? SHA256.digest(key) : key
        padded += repeatElement(0, count: SHA256.blockSize - padded.count)
        var inner = SHA256()
        inner.update(padded.map { $0 ^ 0x36 })
        inner.update(message)
        var outer = SHA256()
        outer.update(padded.map { $0 ^ 0x5C })
        outer.update(inner.finish())
        return outer.finish()
    }

    /// Whether two codes are the same, found out in a time that does not say where they differ.
    package static func areEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        guard first.count == second.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(first, second) { difference |= one ^ other }
        return difference == 0
    }
}
