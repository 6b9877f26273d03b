import Mangrove

/// Has a worker for every transaction over stores that is not over: those that are asked for, and those that a store finds
/// recorded when it is opened.
actor TransactionKeeper: ProcessActor {
    static let name: ProcessName = "transactions"
    static let workersName: ProcessName = "transaction-workers"

    private let context: ProcessContext
    private let gateway: LocalGateway
    private let running: RunningStores
    private let workers: Address<DynamicSupervisorProcess>

    private init(_ context: ProcessContext, _ gateway: LocalGateway, _ running: RunningStores) {
        self.context = context
        self.gateway = gateway
        self.running = running
        workers = context.runtime.address(Self.workersName, of: DynamicSupervisorProcess.self)
    }

    /// The part of a node's tree that has to do with transactions.
    static func tree(_ gateway: LocalGateway, _ running: RunningStores) -> Supervisor {
        Supervisor("transactions", strategy: .restForOne) {
            // A worker that fails again and again waits longer and longer, and so never uses this up.
            DynamicSupervisor(
                "workers",
                name: workersName,
                intensity: RestartIntensity(1_000, within: .seconds(10))
            )
            Worker("keeper", name: name) { context in
                let keeper = TransactionKeeper(context, gateway, running)
                // Stores that opened before anybody was here to hear of it.
                try context.ref(as: TransactionKeeper.self).cast { try await $0.lookAround() }
                return keeper
            }
        }
    }

    // MARK: Turns

    /// Starts a transaction.
    func begin(_ transaction: StoreTransaction) async throws -> TransactionOutcome {
        let outcome = TransactionOutcome(isFound: false)
        try await start(transaction, outcome)
        return outcome
    }

    /// A store has found these recorded.
    func found(_ transactions: [StoreTransaction]) async throws {
        for transaction in transactions { try await start(transaction, TransactionOutcome(isFound: true)) }
    }

    /// Ends the work on a transaction, wherever it stands.
    func abandon(_ id: EventID) async throws {
        guard let worker = try? context.runtime.address(Self.workerName(id), of: TransactionWorker.self).resolve()
        else { return }
        try? await workers.terminateChild(worker.id)
    }

    private func lookAround() async throws {
        for entry in running.entries.sorted(by: { $0.key < $1.key }) {
            let recorded = try? await entry.value.read { engine in try engine.recordedTransactions() }
            try await found(recorded?.map(\.transaction) ?? [])
        }
    }

    private func start(_ transaction: StoreTransaction, _ outcome: TransactionOutcome) async throws {
        let gateway = gateway
        let worker = Worker(
            ChildID(transaction.id.description),
            name: Self.workerName(transaction.id),
            restart: .transient,
            // It has nothing to put in order: all that counts is recorded.
            shutdown: .brutalKill
        ) { context in TransactionWorker(context, gateway, transaction, outcome) }
        .backoff(Backoff())
        do {
            try await workers.startChild(worker)
        } catch SupervisorError.startFailed(_, SupervisorError.nameTaken) {
            // It is being worked on.
        }
    }

    private static func workerName(_ id: EventID) -> ProcessName {
        ProcessName("transaction", key: id.description)
    }
}
