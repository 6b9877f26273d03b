extension Runtime {
    /// Kills every process, as when the program ends on the spot: no `terminate` runs, and nothing is waited for.
    package func losePower() {
        for root in rootCells.reversed() { root.killTree() }
    }
}
