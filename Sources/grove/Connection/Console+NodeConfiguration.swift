import MangroveStore

extension Console {
    /// Puts a node's configuration together: options over the environment over a file over defaults.
    ///
    /// The file is the one the command line names, else the one `$MANGROVE_CONFIG` does, else `grove.json` in the data
    /// directory, if it is there.
    /// - Throws: ``StreamError`` for a file that cannot be read, `ConfigurationError` with all that is wrong.
    func nodeConfiguration(
        _ options: ServeOptions,
        _ environment: [String: String]
    ) throws -> NodeConfiguration {
        var inputs = ConfigurationInputs(
            variables: environment,
            options: options.values,
            stores: options.stores.map { ($0, "--store") },
            workingDirectory: System.workingDirectory
        )
        let usual = options.dataDirectory + "/" + Self.usualFile
        let named = options.configuration ?? environment["MANGROVE_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        if let path = named ?? (System.exists(usual) ? usual : nil) {
            inputs.file = .init(path: path, text: try bytes(of: path))
        }
        return try NodeConfiguration(inputs)
    }

    /// The name of the configuration file in a data directory.
    private static let usualFile = "grove.json"
}
