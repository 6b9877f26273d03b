/// One of the values that a configuration of a store can have: its name, what it may be, and where it goes.
///
/// The table of them is all there is to know about a value: reading, writing, comparing, explaining and the environment's
/// names follow from it.
package struct ConfigurationField: Sendable {
    /// Its name in a file, as `segmentBytes` or `limits.connections`.
    package let path: String
    /// What it may be.
    package let kind: ConfigurationKind
    /// The value a configuration gives, if it does.
    package let value: @Sendable (StoreConfiguration) -> ConfigurationValue?
    /// Gives a configuration a value, of the right kind.
    package let set: @Sendable (inout StoreConfiguration, ConfigurationValue) -> Void
    /// Puts a value into force.
    package let apply: @Sendable (inout ResolvedStoreConfiguration, ConfigurationValue) -> Void
    /// The value in force; nil where there is none.
    package let effective: @Sendable (ResolvedStoreConfiguration) -> ConfigurationValue?

    /// The variable of the environment that sets it for all stores of a node: `MANGROVE_LIMITS_CONNECTIONS`.
    package var variable: String { Self.variable(of: path) }

    /// The variable of the environment for a name in a file.
    package static func variable(of path: String) -> String {
        var name = "MANGROVE_"
        for character in path {
            if character.isUppercase || character == "." { name += "_" }
            if character != "." { name += character.uppercased() }
        }
        return name
    }

    /// The field of this name.
    package static func named(_ path: String) -> ConfigurationField? {
        all.first { $0.path == path }
    }
}
