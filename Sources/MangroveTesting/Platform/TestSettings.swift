#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// What the environment of a test program says.
enum TestSettings {
    /// The one seed to run, from `MANGROVE_SEED`.
    static let seed: UInt64? = {
        guard let text = variable("MANGROVE_SEED") else { return nil }
        if let seed = UInt64(text) { return seed }
        complain("MANGROVE_SEED is '\(text)', which is no number from 0 to \(UInt64.max): all seeds are run\n")
        return nil
    }()

    /// Whether golden transcripts are written anew, by `MANGROVE_REWRITE=1`.
    static let rewrites = variable("MANGROVE_REWRITE") == "1"

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Writes to standard error.
    static func complain(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}
