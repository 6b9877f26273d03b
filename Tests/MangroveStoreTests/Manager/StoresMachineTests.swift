import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("The machine of many stores") struct StoresMachineTests {
    private static let identity = StoreIdentity(high: 1, low: 2)
    private static let moment = RuntimeInstant(nanoseconds: 0)

    private func profile(_ priority: StorePriority = .normal, autoStart: Bool = true) -> StoreProfile {
        var configuration = StoreConfiguration()
        configuration.priority = priority
        configuration.autoStart = autoStart
        return StoreProfile(configuration: configuration, resolved: configuration.resolved())
    }

    private func found(_ priority: StorePriority = .normal, starts: Bool = true) -> StoresMachine.Found {
        var found = StoresMachine.Found(identity: Self.identity, profile: profile(priority))
        found.starts = starts
        return found
    }

    private func starts(_ effects: [StoresMachine.Effect]) -> [String] {
        effects.compactMap { if case .start(let id, _, _) = $0 { id } else { nil } }
    }

    private func answers(_ effects: [StoresMachine.Effect]) -> [Int: String] {
        var answers: [Int: String] = [:]
        for case .answer(let ticket, let result) in effects {
            #expect(answers[ticket] == nil)
            switch result {
            case .success(let answer): answers[ticket] = "\(answer)"
            case .failure(let error): answers[ticket] = "\(error)"
            }
        }
        return answers
    }

    @Test("So many stores start at a time as may, those of high priority first and those of low priority last")
    func priority() {
        var machine = StoresMachine(atOnce: 2)
        var started: [String] = []
        let priorities: [(String, StorePriority)] = [
            ("a", .low), ("b", .normal), ("c", .high), ("d", .low), ("e", .high), ("f", .normal),
        ]
        // The first two are taken as they come: nobody knows of the others yet.
        var running: [String] = []
        for (id, priority) in priorities {
            running += starts(machine.handle(.found(id, found(priority))))
        }
        started = running
        while let next = running.first {
            running.removeFirst()
            running += starts(machine.handle(.started(next, start: 1, Self.moment)))
            #expect(running.count <= 2)
            started = started + running.filter { !started.contains($0) }
        }
        #expect(started == ["a", "b", "c", "e", "f", "d"])
    }

    @Test("A store that somebody waits for starts before those that only wait for their turn")
    func askedFirst() {
        var machine = StoresMachine(atOnce: 1)
        for id in ["a", "b", "c"] { _ = machine.handle(.found(id, found(.high))) }
        _ = machine.handle(.found("lazy", found(.low, starts: false)))
        #expect(answers(machine.handle(.request(1, "lazy", .run))).isEmpty)
        let effects = machine.handle(.started("a", start: 1, Self.moment))
        #expect(starts(effects) == ["lazy"])
        #expect(answers(machine.handle(.started("lazy", start: 1, Self.moment))) == [1: "done"])
    }

    @Test("Stores that are slow to start hold up no other one, but who waits for all of them waits for them too")
    func slowStarts() {
        var machine = StoresMachine(atOnce: 1)
        for id in ["a", "b"] { _ = machine.handle(.found(id, found())) }
        #expect(answers(machine.handle(.awaitStarts(1))).isEmpty)
        #expect(starts(machine.handle(.startIsSlow("a", start: 1))) == ["b"])
        #expect(starts(machine.handle(.startIsSlow("a", start: 1))).isEmpty)
        #expect(answers(machine.handle(.started("b", start: 1, Self.moment))).isEmpty)
        #expect(answers(machine.handle(.started("a", start: 1, Self.moment))) == [1: "done"])
    }

    @Test(
        "Of two who make the same store one makes it, whoever comes when; asking again with the same identity is no error"
    )
    func creation() {
        var machine = StoresMachine(atOnce: 4)
        let other = StoreIdentity(high: 3, low: 4)
        _ = machine.handle(.request(1, "a", .create(profile(), Self.identity)))
        #expect(answers(machine.handle(.request(2, "a", .create(profile(), other)))).isEmpty)
        #expect(answers(machine.handle(.request(3, "a", .create(profile(), Self.identity)))).isEmpty)
        let made = machine.handle(.made("a", .success(found())))
        #expect(starts(made) == ["a"])
        #expect(answers(made) == [2: "store 'a' is already there"])
        let started = machine.handle(.started("a", start: 1, Self.moment))
        #expect(answers(started) == [1: "done", 3: "done"])
    }

    @Test("Requests about one store are carried out in their order: made, removed, made again")
    func order() {
        var machine = StoresMachine(atOnce: 4)
        _ = machine.handle(.request(1, "a", .create(profile(autoStart: false), Self.identity)))
        _ = machine.handle(.request(2, "a", .remove(erasing: true)))
        let again = StoreIdentity(high: 3, low: 4)
        _ = machine.handle(.request(3, "a", .create(profile(autoStart: false), again)))
        var lazy = found()
        lazy.profile = profile(autoStart: false)
        #expect(answers(machine.handle(.made("a", .success(lazy)))) == [1: "done"])
        let removed = RemovedStore(id: "a", kept: nil, directory: "/data/a")
        let effects = machine.handle(.putAway("a", .success(removed)))
        #expect(answers(effects) == [2: "\(StoresMachine.Answer.removed(removed))"])
        #expect(effects.contains { if case .make("a", _, again) = $0 { true } else { false } })
        #expect(answers(machine.handle(.made("a", .success(lazy)))) == [3: "done"])
        #expect(answers(machine.handle(.request(4, "b", .remove(erasing: false)))) == [4: "no store 'b'"])
    }

    @Test("A store that fails is started at once, then after growing pauses, and at once again after it has lasted")
    func pauses() {
        var machine = StoresMachine(atOnce: 1)
        _ = machine.handle(.found("a", found()))
        var pauses: [Duration] = []
        var now = Self.moment
        for start in 1...9 {
            _ = machine.handle(.started("a", start: start, now))
            if start == 8 { now = now.advanced(by: .seconds(31)) }
            for case .pause("a", let time, let number) in machine.handle(.ended("a", start: start, .normal, now)) {
                pauses.append(time)
                // An older pause is nobody's any more.
                #expect(starts(machine.handle(.pauseOver("a", number - 1))).isEmpty)
                #expect(starts(machine.handle(.pauseOver("a", number))) == ["a"])
            }
        }
        let expected = [0, 200, 400, 800, 1_600, 3_200, 6_400, 0, 200]
        #expect(pauses == expected.map { .milliseconds($0) })
    }

    @Test(
        "Who waits for a start that fails is told why, and a damaged store is not started again until it is configured"
    )
    func damage() {
        var machine = StoresMachine(atOnce: 1)
        _ = machine.handle(.found("a", found(starts: false)))
        _ = machine.handle(.request(1, "a", .run))
        let damage = StoreError.damaged(store: "a", file: "f", offset: 1, what: "x")
        #expect(answers(machine.handle(.startFailed("a", start: 1, damage))) == [1: "\(damage)"])
        #expect(answers(machine.handle(.request(2, "a", .run))) == [2: "\(damage)"])
        _ = machine.handle(.request(3, "a", .configure(profile(.high))))
        let effects = machine.handle(.saved("a", nil))
        #expect(answers(effects) == [3: "changed(restarted: false)"])
        #expect(starts(effects) == ["a"])
    }

    @Test("A change that processes are built by restarts the store, another one does not, and who asks meanwhile waits")
    func configuration() {
        var machine = StoresMachine(atOnce: 1)
        _ = machine.handle(.found("a", found()))
        _ = machine.handle(.started("a", start: 1, Self.moment))
        var live = profile()
        live.resolved.limits.diskBytes = 7
        _ = machine.handle(.request(1, "a", .configure(live)))
        #expect(answers(machine.handle(.saved("a", nil))) == [1: "changed(restarted: false)"])
        var built = live
        built.resolved.settings.segmentBytes = 8_192
        _ = machine.handle(.request(2, "a", .configure(built)))
        let saved = machine.handle(.saved("a", nil))
        #expect(saved.contains { if case .stop("a") = $0 { true } else { false } })
        #expect(answers(machine.handle(.request(3, "a", .run))).isEmpty)
        #expect(starts(machine.handle(.stopped("a"))) == ["a"])
        #expect(
            answers(machine.handle(.started("a", start: 2, Self.moment))) == [2: "changed(restarted: true)", 3: "done"]
        )
    }

    /// Drives the machine with whatever may come, and answers its effects late and in any order, as the world does.
    @Test(
        "Whatever comes in whatever order, each ticket is answered once and no store is worked on twice at a time",
        arguments: Seeds(300)
    )
    func anything(seed: UInt64) {
        var world = MachineWorld(seed: seed)
        for _ in 0..<400 { world.step() }
        world.settle()
        #expect(world.problems == [], "seed \(seed)")
        #expect(world.unanswered.isEmpty, "seed \(seed)")
    }
}

/// A world around a ``StoresMachine`` in which everything takes its time and anything may fail.
private struct MachineWorld {
    private var machine = StoresMachine(atOnce: 2)
    private var generator: SeededGenerator
    private var lastTicket = 0
    private var pending: [StoresMachine.Effect] = []
    private var pauses: [(String, Int)] = []
    /// The subtrees that run, by store, with the number of their start.
    private var up: [String: Int] = [:]
    private var files: Set<String> = []
    private var now = RuntimeInstant(nanoseconds: 0)
    private var isCalm = false
    private var slow: Set<String> = []
    private(set) var unanswered: Set<Int> = []
    private(set) var problems: [String] = []

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func step() {
        now = now.advanced(by: .milliseconds(Int.random(in: 0..<20_000, using: &generator)))
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<4: ask()
        case 4: end()
        case 5 where pauses.isEmpty:
            guard case .start(let id, let start, _) = pending.randomElement(using: &generator) else { return }
            slow.insert("\(id) \(start)")
            take(.startIsSlow(id, start: start))
        case 5 where !pauses.isEmpty: pause()
        default: finish()
        }
    }

    /// Lets everything come to its end, without failures.
    mutating func settle() {
        isCalm = true
        for _ in 0..<2_000 {
            if !pending.isEmpty { finish() } else if !pauses.isEmpty { pause() } else { return }
        }
        problems.append("it does not come to rest")
    }

    private var id: String {
        mutating get { ["a", "b", "c"].randomElement(using: &generator) ?? "a" }
    }

    private mutating func fails() -> Bool { !isCalm && Int.random(in: 0..<4, using: &generator) == 0 }

    private mutating func ask() {
        lastTicket += 1
        unanswered.insert(lastTicket)
        let id = id
        var profile = StoreProfile()
        profile.resolved.settings.partitions = Int.random(in: 1...2, using: &generator)
        profile.resolved.autoStart = Bool.random(using: &generator)
        let identity = StoreIdentity(high: UInt64(lastTicket), low: 0)
        let request: StoresMachine.Request =
            switch Int.random(in: 0..<7, using: &generator) {
            case 0, 1: .create(profile, identity)
            case 2, 3: .run
            case 4: .configure(profile)
            case 5: .halt
            default: .remove(erasing: Bool.random(using: &generator))
            }
        take(.request(lastTicket, id, request))
    }

    private mutating func end() {
        guard let (id, start) = up.randomElement(using: &generator) else { return }
        if Bool.random(using: &generator) {
            take(.refused(id, .damaged(store: id, file: "f", offset: 0, what: "x")))
        } else if !pending.contains(where: { if case .stop(id) = $0 { true } else { false } }) {
            up[id] = nil
            take(.ended(id, start: start, .normal, now))
        }
    }

    private mutating func pause() {
        let (id, number) = pauses.remove(at: Int.random(in: 0..<pauses.count, using: &generator))
        take(.pauseOver(id, number))
    }

    private mutating func finish() {
        guard !pending.isEmpty else { return }
        let effect = pending.remove(at: Int.random(in: 0..<pending.count, using: &generator))
        let trouble = StoreError.unavailable(store: "", why: "trouble")
        switch effect {
        case .make(let id, let profile, let identity):
            if fails() { return take(.made(id, .failure(trouble))) }
            if !files.insert(id).inserted { problems.append("\(id) was made although it was there") }
            take(.made(id, .success(StoresMachine.Found(identity: identity, profile: profile))))
        case .save(let id, _):
            if !files.contains(id) { problems.append("\(id) was configured although it was not there") }
            take(.saved(id, fails() ? trouble : nil))
        case .putAway(let id, _):
            if up[id] != nil { problems.append("\(id) was put away while it ran") }
            if fails() { return take(.putAway(id, .failure(trouble))) }
            if files.remove(id) == nil { problems.append("\(id) was removed although it was not there") }
            take(.putAway(id, .success(RemovedStore(id: id, kept: nil, directory: ""))))
        case .start(let id, let start, _):
            if up[id] != nil { problems.append("\(id) was started while it ran") }
            if !files.contains(id) { problems.append("\(id) was started although it was not there") }
            if fails() {
                let damage = StoreError.damaged(store: id, file: "f", offset: 0, what: "x")
                return take(.startFailed(id, start: start, Bool.random(using: &generator) ? trouble : damage))
            }
            up[id] = start
            take(.started(id, start: start, now))
        case .stop(let id):
            up[id] = nil
            take(.stopped(id))
        default: break
        }
    }

    private mutating func take(_ event: StoresMachine.Event) {
        for effect in machine.handle(event) {
            switch effect {
            case .make(let id, _, _), .save(let id, _), .putAway(let id, _), .start(let id, _, _), .stop(let id):
                if pending.contains(where: { Self.store($0) == id && !Self.mayCoincide($0, effect) }) {
                    problems.append("\(id): \(effect) while something else is being done")
                }
                pending.append(effect)
                let starts = pending.count { effect in
                    if case .start(let id, let start, _) = effect { !slow.contains("\(id) \(start)") } else { false }
                }
                if starts > 2 { problems.append("\(starts) stores start at a time") }
            case .pause(let id, _, let number): pauses.append((id, number))
            case .answer(let ticket, _):
                if unanswered.remove(ticket) == nil { problems.append("ticket \(ticket) was answered twice") }
            case .revive, .watch, .govern, .forget, .note: break
            }
        }
    }

    /// Damage can be found, and the store stopped, while its configuration is being written.
    private static func mayCoincide(_ first: StoresMachine.Effect, _ second: StoresMachine.Effect) -> Bool {
        if case .save = first, case .stop = second { true } else { false }
    }

    private static func store(_ effect: StoresMachine.Effect) -> String? {
        switch effect {
        case .make(let id, _, _), .save(let id, _), .putAway(let id, _), .start(let id, _, _), .stop(let id): id
        default: nil
        }
    }
}
