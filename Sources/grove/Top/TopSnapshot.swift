/// What `grove top` gets to see of a node at one moment.
struct TopSnapshot: Equatable {
    /// What a store's metrics say.
    struct Store: Equatable {
        /// Events appended since the node was started.
        var appended = 0
        /// How far its durable subscriptions are behind, all together.
        var lag = 0
        /// Events that its subscriptions have set aside.
        var parked = 0
    }

    /// When, in microseconds since 1970.
    var microseconds: Int
    var roots: [TopNode]
    var stores: [String: Store] = [:]

    /// - Parameter metrics: the node's metrics as Prometheus text.
    init(microseconds: Int, roots: [TopNode], metrics: String) {
        self.microseconds = microseconds
        self.roots = roots
        for line in metrics.split(separator: "\n") where !line.hasPrefix("#") {
            guard let sample = MetricSample(line), let store = sample.labels["store"] else { continue }
            let value = Int(sample.value)
            switch sample.name {
            case "mangrove_store_events_appended_total": stores[store, default: Store()].appended += value
            case "mangrove_subscription_lag": stores[store, default: Store()].lag += value
            case "mangrove_subscription_parked": stores[store, default: Store()].parked += value
            default: break
            }
        }
    }
}

/// One line of Prometheus text.
struct MetricSample: Equatable {
    var name: String
    var labels: [String: String] = [:]
    var value: Double

    /// Reads `name{label="value",…} number`.
    /// - Returns: nil if the line is something else.
    init?(_ line: Substring) {
        guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]),
            value.magnitude < 1e18
        else { return nil }
        self.value = value
        var rest = line[..<space]
        guard let brace = rest.firstIndex(of: "{") else {
            name = String(rest)
            return
        }
        name = String(rest[..<brace])
        rest = rest[brace...].dropFirst()
        while let equals = rest.firstIndex(of: "=") {
            let label = String(rest[..<equals])
            rest = rest[equals...].dropFirst(2)
            labels[label] = Self.quoted(&rest)
            if rest.first == "," { rest.removeFirst() }
        }
    }

    /// Takes a label's value up to its closing quote, which goes too.
    private static func quoted(_ rest: inout Substring) -> String {
        var text = ""
        while let character = rest.popFirst(), character != "\"" {
            guard character == "\\", let escaped = rest.popFirst() else {
                text.append(character)
                continue
            }
            text.append(escaped == "n" ? "\n" : escaped)
        }
        return text
    }
}
