import Mangrove

/// Which process of a node is to be hit: the one at a path, the one with a name (`name:orders/engine`), or the first
/// whose path matches a pattern, in which `*` stands for any part of it (`node/stores/*/engine`).
struct CrashTarget {
    let text: String

    /// Whether the process has to be looked for among all: it is not given by its path.
    var isSearched: Bool { text.hasPrefix("name:") || text.contains("*") }

    /// The path of the process, if there is one.
    func find(in tree: ProcessTree) -> String? {
        if tree.node(at: text)?.process != nil { return text }
        let living = tree.nodes.filter { $0.process != nil }
        if text.hasPrefix("name:") {
            let name = text.dropFirst("name:".count)
            return living.first { $0.name?.description == String(name) }?.path
        }
        return text.contains("*") ? living.first { matches($0.path) }?.path : nil
    }

    private func matches(_ path: String) -> Bool {
        let parts = text.split(separator: "*", omittingEmptySubsequences: false)
        guard let first = parts.first, let last = parts.last, path.hasPrefix(first) else { return false }
        var rest = path.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(last)
    }
}
