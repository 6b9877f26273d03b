extension NodeSettings {
    /// Takes over what a configuration says of the node, and what it says of all stores.
    public mutating func take(_ configuration: NodeConfiguration) {
        allowsFaults = configuration.allowsFaults
        requestLimit = configuration.requestLimit
        self.configuration = configuration
        // What is said of them stays where it was said, and counts at every start anew.
        for store in configuration.stores { stores[store.id] = StoreConfiguration() }
    }
}
