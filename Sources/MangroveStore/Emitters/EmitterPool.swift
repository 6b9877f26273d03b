import Mangrove

/// The subtree of one durable subscription: what runs it, and an emitter for each of its consumers.
///
/// They stand and fall together, and alone: a subscription that fails again and again ends without effect on others, and is
/// started anew when somebody asks for it or its health is checked.
func emitterPool(_ place: StorePlace, _ names: StoreName, _ subscription: String) -> Supervisor {
    Supervisor(ChildID(subscription), strategy: .oneForAll, restart: .temporary) {
        Worker("subscription", name: names.name(.subscription, key: subscription)) {
            try await SubscriptionWorker.start($0, place, names, subscription)
        }
        DynamicSupervisor("consumers", name: names.name(.consumers, key: subscription))
    }
}

/// The partitioned pools of emitters.
struct EmitterPools: Sendable {
    private let supervisor: Address<SupervisorProcess>

    init(_ runtime: Runtime, _ names: StoreName) {
        supervisor = runtime.address(names.name(.emitters), of: SupervisorProcess.self)
    }

    /// The partition that a subscription belongs to.
    /// - Throws: ``CallError/noProcess(_:)``
    func partition(of subscription: String) throws -> Ref<DynamicSupervisorProcess> {
        try supervisor.partition(for: subscription, as: DynamicSupervisorProcess.self)
    }

    /// The children of all partitions.
    /// - Throws: ``CallError/noProcess(_:)``
    func all() throws -> [(partition: Ref<DynamicSupervisorProcess>, child: ChildInfo)] {
        try (0..<supervisor.partitionCount()).flatMap { number in
            let partition = try supervisor.child(ChildID(number), as: DynamicSupervisorProcess.self)
            return try partition.children().map { (partition, $0) }
        }
    }

    /// The pools that run, by the names of their subscriptions.
    /// - Throws: ``CallError/noProcess(_:)``
    func pools() throws -> [String: (partition: Ref<DynamicSupervisorProcess>, process: ProcessID)] {
        var pools: [String: (partition: Ref<DynamicSupervisorProcess>, process: ProcessID)] = [:]
        for (partition, child) in try all() where child.kind == .supervisor {
            if let process = child.process { pools[child.id.text] = (partition, process) }
        }
        return pools
    }
}
