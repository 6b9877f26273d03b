/// A supervisor with a fixed list of children, started in order and stopped in reverse.
///
/// When a child ends it is restarted as its ``RestartType`` says, with its siblings as the ``Strategy`` says. More restarts
/// than the ``RestartIntensity`` allows end the supervisor with ``ExitReason/shutdown``, after its children; whether it is
/// then restarted is up to its own supervisor. Semantics and defaults are those of OTP's `supervisor`, except that the
/// window is measured to the nanosecond.
///
/// Use it for children that are known beforehand; for those that come and go, use ``DynamicSupervisor``.
///
/// ```swift
/// Supervisor("shop", strategy: .restForOne) {
///     Worker("stock", name: "stock") { Stock() }
///     Worker("orders", name: "orders") { Orders() }
/// }
/// ```
public struct Supervisor: Child {
    /// How to start and treat the supervisor itself.
    public let spec: ChildSpec

    /// Describes a supervisor.
    /// - Parameters:
    ///   - id: tells it from its siblings, and begins the paths of what is below it.
    ///   - name: registered while it lives.
    ///   - strategy: which siblings are restarted with a child.
    ///   - intensity: how many restarts are too many.
    ///   - autoShutdown: whether it ends by itself when significant children have.
    ///   - restart: when the supervisor itself is restarted.
    ///   - shutdown: how it is stopped; by default it gets all the time it needs to stop its children.
    ///   - isSignificant: whether its end can end its own supervisor.
    ///   - children: its children, in the order in which they start.
    /// - Throws: what `children` throws; nothing is started then.
    public init(
        _ id: ChildID = "supervisor",
        name: ProcessName? = nil,
        strategy: Strategy = .oneForOne,
        intensity: RestartIntensity = RestartIntensity(),
        autoShutdown: AutoShutdown = .never,
        restart: RestartType = .permanent,
        shutdown: ShutdownPolicy = .infinity,
        isSignificant: Bool = false,
        @ChildrenBuilder children: () throws -> [ChildSpec]
    ) rethrows {
        self.init(
            id,
            name: name,
            strategy: strategy,
            intensity: intensity,
            autoShutdown: autoShutdown,
            restart: restart,
            shutdown: shutdown,
            isSignificant: isSignificant,
            list: try children(),
            problem: nil
        )
    }

    init(
        _ id: ChildID,
        name: ProcessName?,
        strategy: Strategy,
        intensity: RestartIntensity,
        autoShutdown: AutoShutdown,
        restart: RestartType,
        shutdown: ShutdownPolicy,
        isSignificant: Bool,
        list: [ChildSpec],
        partitions: Int? = nil,
        problem: SpecError?
    ) {
        let parts = SupervisorParts(strategy, intensity, autoShutdown, list, partitions)
        spec = ChildSpec(
            id: id,
            restart: restart,
            shutdown: shutdown,
            kind: .supervisor,
            isSignificant: isSignificant,
            name: name,
            mailboxLimit: .max,
            actorType: SupervisorProcess.self,
            validateContents: { () throws(SpecError) in
                if let problem { throw problem }
                try parts.validate()
            },
            start: .suspending { context in try await SupervisorProcess.start(parts, context) }
        )
    }
}

/// What a supervisor is made of, without its own specification.
struct SupervisorParts: Sendable {
    let strategy: Strategy
    let intensity: RestartIntensity
    let autoShutdown: AutoShutdown
    let children: [ChildSpec]
    /// How many of the children share work by key, or nil.
    let partitions: Int?

    init(
        _ strategy: Strategy,
        _ intensity: RestartIntensity,
        _ autoShutdown: AutoShutdown,
        _ children: [ChildSpec],
        _ partitions: Int?
    ) {
        self.strategy = strategy
        self.intensity = intensity
        self.autoShutdown = autoShutdown
        self.children = children
        self.partitions = partitions
    }

    func validate() throws(SpecError) {
        try intensity.validate()
        var seen: Set<ChildID> = []
        for child in children {
            try child.validate()
            if !seen.insert(child.id).inserted { throw .duplicateID(child.id) }
            if child.isSignificant, autoShutdown == .never { throw .significantWithoutAutoShutdown(child.id) }
        }
    }
}

/// A supervisor whose children are started at run time, each for itself.
///
/// It starts empty; ``ProcessReference/startChild(_:)`` adds children. Two may have the same id. All are stopped at once
/// when it stops. After Elixir's `DynamicSupervisor`; semantics and defaults are its.
public struct DynamicSupervisor: Child {
    /// How to start and treat the supervisor itself.
    public let spec: ChildSpec

    /// Describes a dynamic supervisor.
    /// - Parameters:
    ///   - id: tells it from its siblings; by default its name or, without one, `dynamic-supervisor`.
    ///   - name: registered while it lives.
    ///   - maxChildren: how many children it accepts; one that is being restarted counts. nil for any number.
    ///   - intensity: how many restarts, of all children together, are too many.
    ///   - restart: when the supervisor itself is restarted.
    ///   - shutdown: how it is stopped.
    public init(
        _ id: ChildID? = nil,
        name: ProcessName? = nil,
        maxChildren: Int? = nil,
        intensity: RestartIntensity = RestartIntensity(),
        restart: RestartType = .permanent,
        shutdown: ShutdownPolicy = .infinity
    ) {
        spec = ChildSpec(
            id: id ?? ChildID(name?.description ?? "dynamic-supervisor"),
            restart: restart,
            shutdown: shutdown,
            kind: .supervisor,
            name: name,
            mailboxLimit: .max,
            actorType: DynamicSupervisorProcess.self,
            validateContents: { () throws(SpecError) in
                try intensity.validate()
                if let maxChildren, maxChildren < 0 { throw .negativeMaxChildren(maxChildren) }
            },
            start: .immediate { context in DynamicSupervisorProcess(intensity, maxChildren, context) }
        )
    }
}

/// Several equal children that share work by key: the same key always leads to the same one.
///
/// Use it to keep one process from becoming a bottleneck, typically with a ``DynamicSupervisor`` or a pool's worker as the
/// child. Children have the ids 0, 1, … After Elixir's `PartitionSupervisor`.
///
/// ```swift
/// PartitionSupervisor("rooms", name: "rooms", partitions: 8) { _ in DynamicSupervisor("rooms") }
/// let ref = try rooms.partition(for: roomID, as: DynamicSupervisorProcess.self)
/// ```
public struct PartitionSupervisor: Child {
    /// How to start and treat the supervisor itself.
    public let spec: ChildSpec

    /// Describes a partition supervisor.
    /// - Parameters:
    ///   - id: tells it from its siblings.
    ///   - name: registered while it lives.
    ///   - partitions: how many children, at least 1; by default one for each processor that is online. Where the same keys
    ///     must lead to the same partitions on every machine, give the number.
    ///   - strategy: which partitions are restarted with one that ended.
    ///   - intensity: how many restarts are too many.
    ///   - child: describes the child of a partition, given its number; its id is replaced by the number.
    /// - Throws: what `child` throws; nothing is started then.
    public init(
        _ id: ChildID,
        name: ProcessName? = nil,
        partitions: Int = SystemProcessors.online,
        strategy: Strategy = .oneForOne,
        intensity: RestartIntensity = RestartIntensity(),
        child: (Int) throws -> any Child
    ) rethrows {
        let children = try (0..<max(0, partitions)).map { number in
            var spec = try child(number).spec
            spec.id = ChildID(number)
            return spec
        }
        spec =
            Supervisor(
                id,
                name: name,
                strategy: strategy,
                intensity: intensity,
                autoShutdown: .never,
                restart: .permanent,
                shutdown: .infinity,
                isSignificant: false,
                list: children,
                partitions: partitions,
                problem: partitions < 1 ? .partitions(partitions) : nil
            ).spec
    }
}
