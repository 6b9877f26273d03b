/// The process behind a ``DynamicSupervisor``: it has done what ``DynamicSupervisorMachine`` decides.
public actor DynamicSupervisorProcess: ProcessActor, Terminating {
    typealias Driver = SupervisionDriver<DynamicSupervisorMachine, NumberedTable<RosterEntry>>

    private nonisolated let driver: Driver

    init(_ intensity: RestartIntensity, _ maxChildren: Int?, _ context: ProcessContext) {
        let seed = context.runtime.environment.randomness.next()
        let intensity = intensity.applied(in: context.runtime)
        let machine = DynamicSupervisorMachine(intensity: intensity, maxChildren: maxChildren, seed: seed)
        driver = Driver(machine, NumberedTable(), context) { $0.note(endOf: $1, $2) }
        driver.showChildren()
    }

    /// Stops the children, all at once.
    public func terminate(reason: ExitReason) async {
        _ = try? await driver.perform(.shutdown)
    }

    // MARK: Turns

    func startChild(_ spec: ChildSpec) async throws -> (cell: ProcessCell, info: (any Sendable)?)? {
        let outcome = try await driver.perform(.add(DynamicSupervisorMachine.ChildRecord(spec)), adding: spec)
        switch outcome.reply {
        case .success(.child(let process?)): return cell(of: process).map { ($0, outcome.told[process]) }
        case .success, nil: return nil
        case .failure(let error): throw error
        }
    }

    /// As ``startChild(_:)``, for a start that does not suspend: a turn that needs no task of its own.
    func startChild(
        _ spec: ChildSpec,
        now start: @Sendable (ProcessContext) throws -> any ProcessActor
    ) throws -> ProcessCell? {
        try driver.performNow(.add(DynamicSupervisorMachine.ChildRecord(spec)), adding: spec, start)
    }

    func terminateChild(_ process: ProcessID) async throws {
        if case .failure(let error) = try await driver.perform(.terminate(process)).reply { throw error }
    }

    // MARK: Looking

    /// The specification of the child that is, or last was, this process.
    nonisolated func spec(of process: ProcessID) -> ChildSpec? {
        key(of: process).flatMap { driver.roster.spec($0) }
    }

    private nonisolated func cell(of process: ProcessID) -> ProcessCell? {
        key(of: process).flatMap { driver.roster.cell($0) }
    }

    private nonisolated func key(of process: ProcessID) -> DynamicSupervisorMachine.Key? {
        driver.machine.withLock { $0.key(of: process) }
    }
}
