/// What is known of a node at one moment.
struct HealthFacts: Sendable {
    /// What is known of one store.
    struct Store: Sendable {
        var info: StoreInfo
        /// Bytes free on its disk, and below how many that is little.
        var freeBytes: Int?
        var lowBytes = 0
        /// How many flushes there have been, by how long they took; see ``StoreCounters/flushBounds``.
        var flushes: [UInt64] = []
        var subscriptions: [SubscriptionInfo] = []
        var projections: [ProjectionInfo] = []
        /// What could not be asked, though the store is running.
        var silent: String?
        /// Whether it is running and did not answer in time.
        var isHung = false
    }

    var stores: [Store] = []
    /// Where processes were that were killed and still run.
    var zombies: [String] = []
    /// How often no thread was free for supervision, since the node was started.
    var starvations = 0
}

/// Decides how a node is, from what is known of it at one moment and what was known before.
///
/// What was before counts for three things: since when a check has its status, how long flushes took since the last look,
/// and whether a lag grows.
struct HealthMachine: Sendable {
    /// When something is worth being looked at.
    struct Limits: Sendable {
        /// A flush that takes longer than this is slow, in seconds.
        var slowFlush = 1.0
        /// A store of whose flushes at least this many in a hundred are slow is degraded.
        var slowPercent = 5
        /// A lag below this is none to speak of.
        var lag = 1_000
        /// A lag that has not become smaller in this time is growing.
        var growth = Duration.seconds(30)
        /// A limit of which this many in a hundred are used is near.
        var nearPercent = 90
        /// For so long after supervision had to wait for a thread the node is degraded.
        var starvation = Duration.seconds(60)
    }

    private struct Key: Hashable {
        var kind: ComponentHealth.Kind
        var store = ""
        var name = ""
        var check = ""
    }

    private struct Lag {
        var size: Int
        var checkpoint: Int
        var since: Timestamp
    }

    private let limits: Limits
    private var since: [Key: (status: HealthStatus, time: Timestamp)] = [:]
    private var flushes: [String: [UInt64]] = [:]
    private var lags: [Key: Lag] = [:]
    private var starvations: (count: Int, last: Timestamp)?

    init(_ limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Takes in what is known now.
    mutating func observe(_ facts: HealthFacts, at now: Timestamp) -> NodeHealth {
        var components = [node(facts, now)]
        for store in facts.stores.sorted(by: { $0.info.id < $1.info.id }) {
            components.append(self.store(store, now))
            for subscription in store.subscriptions { components.append(self.subscription(subscription, store, now)) }
            for projection in store.projections { components.append(self.projection(projection, store, now)) }
        }
        let known = Set(
            components.flatMap { component in
                component.checks.map {
                    Key(kind: component.kind, store: component.store, name: component.name, check: $0.name)
                }
            }
        )
        since = since.filter { known.contains($0.key) }
        lags = lags.filter { known.contains($0.key) }
        let present = Set(facts.stores.map(\.info.id))
        flushes = flushes.filter { present.contains($0.key) }
        return NodeHealth(time: now, components: components)
    }

    private mutating func check(
        _ key: Key,
        _ name: String,
        _ status: HealthStatus,
        _ reason: String,
        _ now: Timestamp
    ) -> HealthCheck {
        var key = key
        key.check = name
        if since[key]?.status != status { since[key] = (status, now) }
        let reason = status == .healthy ? "" : reason
        return HealthCheck(name: name, status: status, reason: reason, since: since[key]?.time ?? now)
    }

    // MARK: The node

    private mutating func node(_ facts: HealthFacts, _ now: Timestamp) -> ComponentHealth {
        let key = Key(kind: .node)
        let zombies = facts.zombies.prefix(3).joined(separator: ", ")
        let isNew = facts.starvations > starvations?.count ?? facts.starvations
        if starvations == nil || isNew {
            // What was before the first look is nothing new.
            starvations = (facts.starvations, isNew ? now : Timestamp(microseconds: .min))
        }
        let starved = starvations.map { $0.last.microseconds > now.microseconds - limits.starvation.wholeMicroseconds }
        return ComponentHealth(
            kind: .node,
            checks: [
                check(
                    key,
                    "processes",
                    facts.zombies.isEmpty ? .healthy : .degraded,
                    "\(facts.zombies.count) killed and still running: \(zombies)",
                    now
                ),
                check(
                    key,
                    "threads",
                    starved ?? false ? .degraded : .healthy,
                    "all threads were busy; supervision had to wait",
                    now
                ),
            ]
        )
    }

    // MARK: Stores

    private mutating func store(_ store: HealthFacts.Store, _ now: Timestamp) -> ComponentHealth {
        let key = Key(kind: .store, store: store.info.id)
        var checks = [engine(store, key, now)]
        if let free = store.freeBytes {
            let status: HealthStatus = free == 0 ? .unhealthy : free < store.lowBytes ? .degraded : .healthy
            checks.append(check(key, "disk", status, "\(free) bytes are free on its disk", now))
        }
        if let flush = flush(store, key, now) { checks.append(flush) }
        if !store.info.limits.isEmpty { checks.append(limits(store, key, now)) }
        return ComponentHealth(kind: .store, store: store.info.id, checks: checks)
    }

    private mutating func engine(_ store: HealthFacts.Store, _ key: Key, _ now: Timestamp) -> HealthCheck {
        let problem = store.info.problem
        let (status, reason): (HealthStatus, String) =
            switch store.info.status {
            case .damaged: (.unhealthy, problem ?? "it is damaged")
            case .running where store.isHung:
                (.unhealthy, "it has not answered for \(HealthMonitor.patience.components.seconds) s")
            case .running: store.silent.map { (.degraded, $0) } ?? (.healthy, "")
            case .starting: (.degraded, problem ?? "it is starting")
            case .stopping: (.degraded, "it is stopping")
            // One that nobody has asked for yet is as well as can be.
            case .stopped: problem.map { (.unhealthy, $0) } ?? (.healthy, "")
            }
        return check(key, "engine", status, reason, now)
    }

    private mutating func flush(_ store: HealthFacts.Store, _ key: Key, _ now: Timestamp) -> HealthCheck? {
        guard !store.flushes.isEmpty else { return nil }
        let before = flushes[store.info.id] ?? []
        flushes[store.info.id] = store.flushes
        // Counted anew since: nothing can be said of the time in between.
        let isSame = before.count == store.flushes.count && zip(before, store.flushes).allSatisfy { $0 <= $1 }
        let new = isSame ? zip(before, store.flushes).map { $1 - $0 } : store.flushes
        let bounds = StoreCounters.flushBounds
        let all = new.reduce(0, +)
        let slow = new.enumerated().reduce(UInt64(0)) { sum, bucket in
            let lower = bucket.offset == 0 ? 0 : bounds[bucket.offset - 1]
            return lower >= limits.slowFlush ? sum + bucket.element : sum
        }
        let isSlow = all > 0 && slow * 100 >= all * UInt64(limits.slowPercent)
        return check(
            key,
            "flush",
            isSlow ? .degraded : .healthy,
            "\(slow) of \(all) flushes took longer than \(limits.slowFlush) s",
            now
        )
    }

    private mutating func limits(_ store: HealthFacts.Store, _ key: Key, _ now: Timestamp) -> HealthCheck {
        let reached = store.info.limits.filter { $0.used >= $0.limit }
        // Limits can be so large that a hundred times as much is no number any more.
        let part = Double(self.limits.nearPercent) / 100
        let near = store.info.limits.filter { Double($0.used) >= Double($0.limit) * part }
        let worst = reached.isEmpty ? near : reached
        return check(
            key,
            "limits",
            reached.isEmpty ? (near.isEmpty ? .healthy : .degraded) : .unhealthy,
            worst.map(\.description).joined(separator: "; "),
            now
        )
    }

    // MARK: What follows a store

    private mutating func subscription(
        _ info: SubscriptionInfo,
        _ store: HealthFacts.Store,
        _ now: Timestamp
    ) -> ComponentHealth {
        let key = Key(kind: .subscription, store: store.info.id, name: info.name)
        return ComponentHealth(
            kind: .subscription,
            store: store.info.id,
            name: info.name,
            checks: [
                check(key, "delivery", info.stopped == nil ? .healthy : .unhealthy, info.stopped ?? "", now),
                check(
                    key,
                    "parked",
                    info.parked == 0 ? .healthy : .degraded,
                    "\(info.parked) events are set aside",
                    now
                ),
                lag(key, info.lag, info.checkpoint, info.consumers == 0 ? ", and it has no consumer" : "", now),
            ]
        )
    }

    private mutating func projection(
        _ info: ProjectionInfo,
        _ store: HealthFacts.Store,
        _ now: Timestamp
    ) -> ComponentHealth {
        let key = Key(kind: .projection, store: store.info.id, name: info.name)
        return ComponentHealth(
            kind: .projection,
            store: store.info.id,
            name: info.name,
            checks: [
                check(key, "state", info.failure == nil ? .healthy : .unhealthy, info.failure ?? "", now),
                lag(key, info.lag, info.checkpoint, "", now),
            ]
        )
    }

    /// A lag that is large and has not become smaller for a while.
    private mutating func lag(
        _ key: Key,
        _ size: Int,
        _ checkpoint: Int,
        _ more: String,
        _ now: Timestamp
    ) -> HealthCheck {
        var place = key
        place.check = "lag"
        // A checkpoint that was set back is the beginning of another way.
        if let known = lags[place], size >= known.size, checkpoint >= known.checkpoint {
            let age = now.microseconds - known.since.microseconds
            let grows = size >= limits.lag && age >= limits.growth.wholeMicroseconds
            let reason = "\(size) events behind, no fewer than \(age / 1_000_000) s ago" + more
            return check(key, "lag", grows ? .degraded : .healthy, reason, now)
        }
        lags[place] = Lag(size: size, checkpoint: checkpoint, since: now)
        return check(key, "lag", .healthy, "", now)
    }
}

extension Duration {
    var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
