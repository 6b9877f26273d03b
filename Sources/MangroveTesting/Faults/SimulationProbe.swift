#if DEBUG || MANGROVE_FAULTS
    internal import Mangrove

    /// Sees what the processes of a simulation do: for its trace, its faults and its checks.
    struct SimulationProbe: ProcessProbe {
        let faults: Faults
        let trace: Trace
        let checks: Checks
        /// Comes before the paths of the runtime's processes.
        let prefix: String

        var brokenVariant: BrokenVariant? { faults.brokenVariant }

        var aimsAtStarts: Bool { faults.aimsAtStarts }

        func aimsAtTurns(of place: ProcessPlace) -> Bool {
            faults.aimsAtTurns && faults.aimsAtTurns(of: FaultCandidate(place, prefix))
        }

        func starts(_ place: ProcessPlace) -> ProcessFault? {
            checks.touched { "starts \(place.path)" }
            trace.add(.starts, place, prefix)
            guard faults.aimsAtStarts else { return nil }
            return decide(place, "start") { $0.kind == .start }
        }

        func started(_ place: ProcessPlace) {
            trace.add(.started, place, prefix)
            checks.started(place)
        }

        func takesTurn(_ place: ProcessPlace, number: UInt64) {
            checks.touched { "takes a turn of \(place.path) \(place.id)" }
            trace.add(.turn(number), place, prefix)
        }

        func fault(inTurn number: UInt64, of place: ProcessPlace) -> ProcessFault? {
            guard faults.aimsAtTurns else { return nil }
            return decide(place, "turn \(number)") { moment in
                switch moment.kind {
                case .anyTurn: true
                case .turn(let wanted): UInt64(clamping: wanted) == number
                case .start, .point: false
                }
            }
        }

        func reaches(_ point: String, _ place: ProcessPlace) -> ProcessFault? {
            faults.noteReached(point)
            trace.add(.point(point), place, prefix)
            return decide(place, "point \(point)") { $0.kind == .point(point) }
        }

        func ended(_ place: ProcessPlace, _ reason: ExitReason) {
            checks.touched { "ends \(place.path) \(place.id)" }
            trace.add(.ended(reason), place, prefix)
        }

        private func decide(
            _ place: ProcessPlace,
            _ moment: String,
            _ isNow: (FaultMoment) -> Bool
        ) -> ProcessFault? {
            guard let fault = faults.decide(FaultCandidate(place, prefix), isNow) else { return nil }
            faults.note(fault, moment, prefix + place.path)
            trace.add(.fault("\(fault) at \(moment)"), place, prefix)
            switch fault.effect {
            case .crash(let error):
                let error = error ?? InjectedFault("\(moment) of \(prefix)\(place.path)")
                // A supervisor does not end over an error of a turn, only over an exit.
                let ends = place.isSupervisor && moment.hasPrefix("turn") && !(error is Exit)
                return .fails(ends ? Exit(.crash(error)) : error)
            case .kill: return .isKilled
            case .hang: return .hangs
            case .slow(let time): return .takes(time)
            case .stuck(let time): return .isStuck(time)
            }
        }
    }

    extension FaultCandidate {
        fileprivate init(_ place: ProcessPlace, _ prefix: String) {
            self.init(lastID: place.cell.childID.text, id: place.id, name: place.name, isSupervisor: place.isSupervisor)
            {
                prefix + place.path
            }
        }
    }
#endif
