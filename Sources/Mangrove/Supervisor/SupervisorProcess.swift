/// The process behind a ``Supervisor`` or ``PartitionSupervisor``: it has done what ``SupervisorMachine`` decides.
///
/// It does one thing at a time: while a child starts or stops, further requests and the ends of other children wait. What
/// can be asked without waiting is read from the machine directly: ``ProcessReference/children()`` answers while a child is
/// slowly starting.
public actor SupervisorProcess: ProcessActor, Terminating {
    typealias Driver = SupervisionDriver<SupervisorMachine, [ChildID: RosterEntry]>

    nonisolated let driver: Driver
    nonisolated let partitions: Partitions
    nonisolated var roster: ChildRoster<[ChildID: RosterEntry]> { driver.roster }

    private init(_ driver: Driver, _ parts: SupervisorParts) {
        self.driver = driver
        partitions = Partitions(parts.partitions, children: parts.children.count)
    }

    /// Starts the supervisor with its children, in order.
    ///
    /// If one fails to start, those before it are stopped again, last first.
    static func start(_ description: SupervisorParts, _ context: ProcessContext) async throws -> SupervisorProcess {
        let machine = SupervisorMachine(
            strategy: description.strategy,
            intensity: description.intensity.applied(in: context.runtime),
            autoShutdown: description.autoShutdown,
            children: description.children.map(SupervisorMachine.ChildRecord.init),
            seed: context.runtime.environment.randomness.next()
        )
        let entries = description.children.map { ($0.id, RosterEntry(spec: $0)) }
        let roster = Dictionary(entries, uniquingKeysWith: { first, _ in first })
        let driver = Driver(machine, roster, context) { $0.note(endOf: $1, $2) }
        let supervisor = SupervisorProcess(driver, description)
        driver.showChildren()
        if case .failure(let error) = try await driver.perform(.boot).reply { throw error }
        return supervisor
    }

    /// Stops the children, last first.
    public func terminate(reason: ExitReason) async {
        _ = try? await driver.perform(.shutdown)
    }

    // MARK: Turns

    func startChild(_ spec: ChildSpec) async throws -> AnyStartedChild? {
        try spec.validateForRequest()
        return try await childOfReply(.add(SupervisorMachine.ChildRecord(spec)), adding: spec)
    }

    func terminateChild(_ id: ChildID) async throws {
        _ = try await childOfReply(.terminate(id))
    }

    func restartChild(_ id: ChildID) async throws -> AnyStartedChild? {
        try await childOfReply(.restart(id))
    }

    func deleteChild(_ id: ChildID) async throws {
        _ = try await childOfReply(.delete(id))
    }

    func change(
        _ strategy: Strategy?,
        _ intensity: RestartIntensity?,
        _ autoShutdown: AutoShutdown?,
        _ specs: [ChildSpec]
    ) async throws {
        let records = specs.map(SupervisorMachine.ChildRecord.init)
        _ = try await childOfReply(.change(strategy, intensity, autoShutdown, records))
        for spec in specs { roster.change(spec.id, spec) }
    }

    private func childOfReply(
        _ event: SupervisorMachine.Event,
        adding spec: ChildSpec? = nil
    ) async throws -> AnyStartedChild? {
        let outcome = try await driver.perform(event, adding: spec)
        switch outcome.reply {
        case .success(.child(let process?)): return AnyStartedChild(process: process, info: outcome.told[process])
        case .success, nil: return nil
        case .failure(let error): throw error
        }
    }
}

extension SupervisorMachine.ChildRecord {
    init(_ spec: ChildSpec) {
        self.init(
            id: spec.id,
            restart: spec.restart,
            shutdown: spec.shutdown,
            kind: spec.kind,
            isSignificant: spec.isSignificant,
            limits: spec.limits
        )
    }
}
