import Testing

@testable import Mangrove

@Suite struct SupervisorMachineTests {
    typealias History = SupervisorHistory

    @Test("Random histories go as OTP's rules say, judged by a model that replays them", arguments: 0..<20)
    func randomHistories(block: UInt64) {
        for seed in block * 2_000..<(block + 1) * 2_000 {
            let history = History.random(seed: seed)
            let expected = SupervisorModel.trace(of: history)
            let seen = SupervisorMachineRun.trace(of: history)
            guard expected == seen else {
                Issue.record("seed \(seed)\n\(history)\nexpected \(expected)\nseen     \(seen)")
                return
            }
        }
    }

    @Test("So do histories with waits, budgets, held starts and live changes", arguments: 0..<20)
    func randomHistoriesBeyond(block: UInt64) {
        for seed in block * 1_250..<(block + 1) * 1_250 {
            let history = History.random(seed: seed, beyond: true)
            let expected = SupervisorModel.trace(of: history)
            let seen = SupervisorMachineRun.trace(of: history)
            guard expected == seen else {
                Issue.record("seed \(seed)\n\(history)\nexpected \(expected)\nseen     \(seen)")
                return
            }
        }
    }

    @Test(
        "Every restart type, strategy, exit reason, position and number of failing restarts goes as OTP's rules say",
        arguments: History.Group.allCases,
        History.Kind.allCases
    )
    func everyCombination(group: History.Group, kind: History.Kind) {
        for how in History.Ending.allCases {
            for position in 0..<4 {
                for failures in 0..<5 {
                    for others in 0..<27 {
                        var rest = others
                        let members = (0..<4).map { name -> History.Member in
                            guard name != position else {
                                return History.Member(name: name, kind: kind, significant: false)
                            }
                            defer { rest /= 3 }
                            return History.Member(name: name, kind: History.Kind.allCases[rest % 3], significant: false)
                        }
                        let history = History(
                            group: group,
                            auto: .never,
                            limit: 3,
                            period: 5_000,
                            wholeSeconds: false,
                            members: members,
                            steps: [.end([(position, how)]), .later, .later, .terminate(0), .later, .later],
                            starts: Array(repeating: .works, count: 4) + Array(repeating: .fails, count: failures)
                                + Array(repeating: .works, count: 40)
                        )
                        let expected = SupervisorModel.trace(of: history)
                        let seen = SupervisorMachineRun.trace(of: history)
                        guard expected == seen else {
                            Issue.record("\(history)\nexpected \(expected)\nseen     \(seen)")
                            return
                        }
                    }
                }
            }
        }
    }

    @Test("A child whose wait was called off by a sibling's end, and whose restart then failed, does not wait any more")
    func waitCalledOff() {
        let waiting = History.Member(name: 1, kind: .permanent, significant: false, waits: (1_000, 1_000, 5_000))
        let plain = History.Member(name: 1, kind: .permanent, significant: false)
        let history = History(
            group: .rest,
            auto: .never,
            limit: 9,
            period: 5_000,
            wholeSeconds: false,
            members: [History.Member(name: 0, kind: .permanent, significant: false), waiting],
            steps: [
                .end([(1, .crash)]), .change(nil, nil, nil, [plain]), .end([(0, .crash)]), .restart(1), .later,
            ],
            starts: [.works, .works, .works, .fails] + Array(repeating: .works, count: 40)
        )
        let expected = [
            "start 0", "start 1", "booted", "wait 1 1000", "done", "start 0", "start 1", "restarting", "start 1",
            "0+ 1+",
        ]
        #expect(SupervisorModel.trace(of: history) == expected)
        #expect(SupervisorMachineRun.trace(of: history) == expected)
    }

    @Test("The model can tell a wrong supervisor: other rules give other traces")
    func modelDiscriminates() {
        var differing = 0
        for seed in 0..<500 as Range<UInt64> {
            let history = History.random(seed: seed)
            var wrong = history
            wrong.group = History.Group.allCases[(history.group.rawValue + 1) % 3]
            if SupervisorModel.trace(of: history) != SupervisorMachineRun.trace(of: wrong) { differing += 1 }
            wrong = history
            wrong.limit += 1
            if SupervisorModel.trace(of: history) != SupervisorMachineRun.trace(of: wrong) { differing += 1 }
        }
        #expect(differing > 100)
    }

    @Test("Starting and stopping a hundred thousand children takes a number of steps that grows with their number only")
    func manyChildren() {
        let count = 100_000
        var machine = SupervisorMachine(
            strategy: .oneForAll,
            intensity: RestartIntensity(),
            autoShutdown: .never,
            children: (0..<count).map { number in
                SupervisorMachine.ChildRecord(
                    id: ChildID(number),
                    restart: .temporary,
                    shutdown: .infinity,
                    kind: .worker,
                    isSignificant: false
                )
            }
        )
        var effects = machine.handle(.boot)
        var (starts, stops, ended) = (0, 0, false)
        for event in [nil, SupervisorMachine.Event.shutdown] {
            if let event { effects = machine.handle(event) }
            while let effect = effects.popLast() {
                switch effect {
                case .start(let id):
                    starts += 1
                    effects += machine.handle(.started(id, ProcessID(node: 0, serial: UInt64(starts))))
                case .stop(let id, _, _):
                    stops += 1
                    effects += machine.handle(.stopped(id, .shutdown))
                case .exit: ended = true
                default: break
                }
            }
        }
        #expect(starts == count)
        #expect(stops == count)
        #expect(ended)
        #expect(machine.children.count == 0)
    }
}
