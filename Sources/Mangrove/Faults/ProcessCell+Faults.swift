extension ProcessCell {
    /// Whether faults may hit its turns, all of which then run in its own task; never in a release build.
    @inlinable var isAimedAt: Bool {
        #if DEBUG || MANGROVE_FAULTS
            return asksProbe
        #else
            return false
        #endif
    }

    /// Shows the turn that begins to the probe.
    @inlinable
    func showTurn() {
        #if DEBUG || MANGROVE_FAULTS
            tellProbeOfTurn()
        #endif
    }

    /// Shows that it runs to the probe.
    func showStarted() {
        #if DEBUG || MANGROVE_FAULTS
            runtime.environment.probe?.started(ProcessPlace(cell: self))
        #endif
    }

    /// Shows its end to the probe.
    func showEnd(_ reason: ExitReason) {
        #if DEBUG || MANGROVE_FAULTS
            runtime.environment.probe?.ended(ProcessPlace(cell: self), reason)
        #endif
    }

    /// Runs code of the process that is no turn, so that points it reaches are known to be the process's.
    @inline(__always)
    func asItself<Result>(_ body: () throws -> Result) rethrows -> Result {
        #if DEBUG || MANGROVE_FAULTS
            if runtime.environment.probe != nil { return try Self.$acting.withValue(self, operation: body) }
        #endif
        return try body()
    }

    /// As the form that does not suspend.
    @inline(__always)
    func asItself<Result: Sendable>(_ body: () async throws -> Result) async rethrows -> Result {
        #if DEBUG || MANGROVE_FAULTS
            if runtime.environment.probe != nil { return try await Self.$acting.withValue(self, operation: body) }
        #endif
        return try await body()
    }

    /// Its start, with what goes wrong in it.
    func work(of start: StartWork) -> StartWork {
        #if DEBUG || MANGROVE_FAULTS
            if let fault = runtime.environment.probe?.starts(ProcessPlace(cell: self)) {
                return .suspending { [self] context in
                    try await undergo(fault)
                    switch start {
                    case .immediate(let start): return try start(context)
                    case .suspending(let start): return try await start(context)
                    }
                }
            }
        #endif
        return start
    }
}

#if DEBUG || MANGROVE_FAULTS
    extension Runtime {
        /// Whether faults may hit starts, all of which can suspend then.
        var aimsAtStarts: Bool { environment.probe?.aimsAtStarts ?? false }
    }

    extension ProcessCell {
        /// The process whose code runs, where that is no turn of its own: its start, its `run`, blocking work for it.
        @TaskLocal static var acting: ProcessCell?

        /// The process whose code runs in the current task.
        static var current: ProcessCell? { acting ?? activity?.cell }

        /// Whether something beside its process holds the actor, and could call it around the mailbox; nil while anybody is
        /// inside, so that it cannot be told.
        ///
        /// To be asked by the only thread there is, between two steps of a simulation.
        package var isHeldOutside: Bool? {
            guard gate.isOpen, gate.occupants == 0, actor != nil else { return nil }
            // Safe: nobody has a pin and no other thread can take one now. An existential of a class-bound protocol begins with
            // the reference to the object, which is only counted here.
            return withUnsafeMutablePointer(to: &actor) { pointer in
                !isKnownUniquelyReferenced(
                    &UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Optional<AnyObject>.self).pointee
                )
            }
        }

        @usableFromInline var asksProbe: Bool {
            runtime.environment.probe?.aimsAtTurns(of: ProcessPlace(cell: self)) ?? false
        }

        @usableFromInline
        func tellProbeOfTurn() {
            runtime.environment.probe?.takesTurn(ProcessPlace(cell: self), number: turnCount)
        }

        /// What goes wrong in the turn that begins in its own task.
        var faultOfTurn: ProcessFault? {
            runtime.environment.probe?.fault(inTurn: turnCount, of: ProcessPlace(cell: self))
        }

        /// Has a fault happen.
        /// - Throws: what it says; `CancellationError` if the process is dead now.
        func undergo(_ fault: ProcessFault) async throws {
            switch fault {
            case .fails(let error): throw error
            case .isKilled: kill()
            case .hangs: await hang()
            case .takes(let time): try? await runtime.sleep(for: time)
            case .isStuck(let time):
                // In a task of its own, which nobody cancels.
                await runtime.spawn { [runtime] in try? await runtime.sleep(for: time) }.value
            }
            if gate.isDead { throw CancellationError() }
        }

        private func hang() async {
            let end = AnswerWaiter<Void>()
            await withTaskCancellationHandler {
                try? await end.answer(on: nil)
            } onCancel: {
                end.fail(CancellationError())
            }
        }

        @usableFromInline
        static func reach(_ point: String) throws {
            guard let cell = current, let fault = cell.fault(at: point) else { return }
            switch fault {
            case .fails(let error): throw error
            case .isKilled:
                cell.kill()
                throw CancellationError()
            case .hangs, .takes, .isStuck: throw FaultNeedsSuspension(point: point)
            }
        }

        @usableFromInline
        static func reach(_ point: String) async throws {
            guard let cell = current, let fault = cell.fault(at: point) else { return }
            try await cell.undergo(fault)
        }

        private func fault(at point: String) -> ProcessFault? {
            runtime.environment.probe?.reaches(point, ProcessPlace(cell: self))
        }
    }
#endif
