#if DEBUG || MANGROVE_FAULTS
    /// Sees what the processes of a runtime do, and says what goes wrong with them: how a simulation traces a run and injects
    /// faults. Absent from release builds.
    ///
    /// Called where it happens, in the task of whoever does it, and never inside a lock of the framework's but its own.
    package protocol ProcessProbe: Sendable {
        /// In which way the code of the runtime is wrong on purpose, if it is.
        var brokenVariant: BrokenVariant? { get }
        /// Whether faults may hit starts: all of them can suspend then.
        var aimsAtStarts: Bool { get }
        /// Whether faults may hit turns of the process, or points that they reach: all of them run in its own task then.
        func aimsAtTurns(of place: ProcessPlace) -> Bool
        /// Its start begins.
        /// - Returns: what happens instead of it, or before.
        func starts(_ place: ProcessPlace) -> ProcessFault?
        /// Its start has returned, and it runs.
        func started(_ place: ProcessPlace)
        /// Its next turn begins, wherever it runs.
        func takesTurn(_ place: ProcessPlace, number: UInt64)
        /// A turn that runs in the process's own task begins.
        /// - Returns: what happens instead of it, or before.
        func fault(inTurn number: UInt64, of place: ProcessPlace) -> ProcessFault?
        /// A named point of the code was reached.
        func reaches(_ point: String, _ place: ProcessPlace) -> ProcessFault?
        /// It is dead.
        func ended(_ place: ProcessPlace, _ reason: ExitReason)
    }

    /// Something that goes wrong.
    package enum ProcessFault: Sendable {
        /// An error is thrown.
        case fails(any Error)
        /// The process is killed.
        case isKilled
        /// It waits until it is cancelled.
        case hangs
        /// It waits for a time, and goes on.
        case takes(Duration)
        /// It waits for a time, whether or not it is cancelled, and goes on.
        case isStuck(Duration)
    }

    /// A process, as a probe knows it.
    package struct ProcessPlace: Sendable {
        package let cell: ProcessCell

        package var id: ProcessID { cell.id }
        package var path: String { cell.path }
        package var name: ProcessName? { cell.name }
        package var isSupervisor: Bool { cell.hooks.isSupervisor }
        package var actorType: any ProcessActor.Type { cell.hooks.actorType }
    }
#endif
