@testable import grove

/// Trees to look at, written as `grove tree --json` prints them.
enum TopTrees {
    static func node(
        _ id: String,
        under parent: String = "",
        _ members: String = "",
        _ children: [String] = []
    ) -> String {
        let path = parent.isEmpty ? id : parent + "/" + id
        let kind = children.isEmpty ? "worker" : "supervisor"
        let fixed = "\"id\":\"\(id)\",\"path\":\"\(path)\",\"kind\":\"\(kind)\",\"state\":\"running\""
        let usual = ",\"restarts\":0,\"mailbox\":0,\"turns\":0,\"ageMilliseconds\":65000"
        let below = children.isEmpty ? "" : ",\"children\":[\(children.joined(separator: ","))]"
        return "{" + fixed + (members.isEmpty ? usual : "," + members) + below + "}"
    }

    /// A node with two stores, of one of which the engine has crashed twice.
    static func shop(turns: Int = 100) -> String {
        let crashes =
            "\"failures\":[{\"atMicroseconds\":1000000,\"what\":\"crash: first\"},"
            + "{\"atMicroseconds\":8000000,\"what\":\"crash: second\"}]"
        let engine = node(
            "engine",
            under: "node/stores/orders/core",
            "\"process\":7,\"name\":\"orders/engine\",\"restarts\":2,\(crashes),\"mailbox\":3,\"turns\":\(turns),"
                + "\"ageMilliseconds\":2000"
        )
        let core = node("core", under: "node/stores/orders", "", [engine])
        let orders = node("orders", under: "node/stores", "", [core])
        let billing = node("billing", under: "node/stores", "", [node("core", under: "node/stores/billing")])
        let stores = node("stores", under: "node", "", [orders, billing])
        return "[" + node("node", "", [stores, node("socket", under: "node")]) + "]"
    }

    static func metrics(orders: Int = 0, lag: Int = 0) -> String {
        """
        # HELP mangrove_store_events_appended_total Events.
        mangrove_store_events_appended_total{store="orders"} \(orders)
        mangrove_store_events_appended_total{store="billing"} 10
        mangrove_subscription_lag{store="orders",subscription="a"} \(lag)
        mangrove_subscription_lag{store="orders",subscription="b"} 5
        mangrove_subscription_parked{store="orders",subscription="b"} 2

        """
    }

    static func look(
        _ seconds: Int,
        _ tree: String,
        metrics: String = TopTrees.metrics()
    ) throws -> TopSnapshot {
        TopSnapshot(microseconds: seconds * 1_000_000, roots: try TopNode.tree(Array(tree.utf8)), metrics: metrics)
    }

    /// A model that has had two looks at the shop, two seconds apart.
    static func model() throws -> TopModel {
        var model = TopModel(pace: 1)
        model.take(try look(8, shop(turns: 100), metrics: metrics(orders: 100)))
        model.take(try look(10, shop(turns: 150), metrics: metrics(orders: 400, lag: 7)))
        return model
    }
}
