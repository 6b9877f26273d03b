/// The rules for a store's name, which is also its directory's name.
package enum StoreID {
    /// The most bytes a store's name can have.
    package static let maximum = 64

    /// The name of the store in which a node keeps what is configured for the others. No store of a user can have it.
    package static let configuration = ".config"

    /// Whether a store of this name is the node's own.
    package static func isReserved(_ id: String) -> Bool { id == configuration }

    /// Checks a name: 1 to 64 of the letters A-Z and a-z, digits, `-`, `_` and `.`, not starting with `.`, and not `lock`,
    /// which is the name of the data directory's own file.
    /// - Throws: ``StoreError/invalid(_:)``.
    package static func check(_ id: String) throws(StoreError) {
        guard !id.isEmpty else { throw .invalid("a store's name must not be empty") }
        guard id.utf8.count <= maximum else { throw .invalid("a store's name has at most \(maximum) characters") }
        guard id.utf8.first != UInt8(ascii: ".") else { throw .invalid("a store's name must not start with '.'") }
        guard id != "lock" else { throw .invalid("a store must not be named 'lock'") }
        for byte in id.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                continue
            default:
                throw .invalid("a store's name consists of letters, digits, '-', '_' and '.'")
            }
        }
    }

    /// Whether the name follows the rules.
    package static func isValid(_ id: String) -> Bool {
        do throws(StoreError) {
            try check(id)
            return true
        } catch {
            return false
        }
    }
}
