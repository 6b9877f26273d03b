import Mangrove

/// Decides what becomes of a node's stores: which are started and in which order, what waits for what, and what follows
/// from a failure.
///
/// A value without clock, disk or processes. What is asked of one store is done one after the other, in the order in which
/// it was asked; different stores go on side by side, but only so many start at a time. Every ticket is answered once.
///
/// ```
///  down ──▶ queued ──▶ starting ──▶ up ──▶ stopping ──▶ down
///   ▲                     │ failed   │ ended
///   └─────── pause ◀──────┴──────────┘
/// ```
///
/// A store that fails is started again: at once the first time, then after pauses that grow while it does not last. One that
/// is damaged stays down until its configuration is set or its node is started anew.
struct StoresMachine: Sendable {
    /// Tells the requests apart.
    typealias Ticket = Int

    /// What is known of one store.
    struct Entry: Sendable {
        /// Whether it has files.
        var isThere = false
        /// What tells it from earlier ones of its name; nil if its manifest cannot be read.
        var identity: StoreIdentity?
        var profile: StoreProfile
        var life = Life.down
        /// Counts its starts, so that news of an earlier subtree is not taken for news of the present one.
        var start = 0
        /// Whether its start takes so long that others go on.
        var isSlow = false
        /// Why it is not running, if that was not asked for.
        var problem: StoreError?
        /// Whether starting it again cannot help.
        var isDamaged = false
        /// How often in a row it did not start, or did not last.
        var failures = 0
        var upSince: RuntimeInstant?
        /// The pause under way after which it will be started again.
        var pause: Int?
        var work: Work?
        /// Who waits for it to run, and what they are told then.
        var starters: [(ticket: Ticket, answer: Answer)] = []
        var waiting: [(ticket: Ticket, request: Request)] = []
    }

    /// What a store's subtree is doing.
    enum Life: Sendable, Equatable {
        case down
        case queued
        case starting
        case up
        case stopping
    }

    /// What is being done for one request; others about the store wait.
    enum Work: Sendable {
        case making(Ticket)
        case saving(Ticket, StoreProfile)
        case restarting(Ticket)
        case halting(Ticket)
        case removing(Ticket, erasing: Bool)
    }

    /// How many subtrees start at a time.
    let atOnce: Int
    var entries: [String: Entry] = [:]
    var queue = StartQueue()
    var starting = 0
    /// Those of which the start takes long: they take nobody else's turn any more.
    var slow = 0
    var pauses = 0
    /// Who waits until nothing is to be started any more.
    var settling: [Ticket] = []
    var effects: [Effect] = []

    init(atOnce: Int) {
        self.atOnce = max(1, atOnce)
    }

    /// Takes in what happened.
    /// - Returns: what is to be done, in order.
    mutating func handle(_ event: Event) -> [Effect] {
        effects = []
        switch event {
        case .found(let id, let found): adopt(id, found)
        case .request(let ticket, let id, let request): take(ticket, id, request)
        case .awaitStarts(let ticket): settling.append(ticket)
        case .made(let id, let outcome): made(id, outcome)
        case .saved(let id, let problem): saved(id, problem)
        case .putAway(let id, let outcome): putAway(id, outcome)
        case .started(let id, let start, let now): started(id, start, at: now)
        case .startFailed(let id, let start, let error): startFailed(id, start, error)
        case .startIsSlow(let id, let start): startIsSlow(id, start)
        case .stopped(let id): stopped(id)
        case .ended(let id, let start, let reason, let now): ended(id, start, reason, at: now)
        case .refused(let id, let error): refused(id, error)
        case .pauseOver(let id, let pause): pauseOver(id, pause)
        }
        startNext()
        return effects
    }

    // MARK: Requests

    private mutating func adopt(_ id: String, _ found: Found) {
        var entry = Entry(profile: found.profile)
        entry.isThere = true
        entry.identity = found.identity
        entry.problem = found.problem
        entry.isDamaged = found.problem.map(Self.isDamage) ?? false
        if let since = found.upSince {
            entry.life = .up
            entry.upSince = since
        }
        entries[id] = entry
        effects.append(.govern(id, found.profile))
        if found.upSince != nil {
            effects.append(.watch(id, start: 0))
        } else if found.problem == nil, found.starts {
            enqueue(id)
        } else if found.problem != nil, !entry.isDamaged {
            rest(id)
        }
    }

    private mutating func take(_ ticket: Ticket, _ id: String, _ request: Request) {
        if entries[id].map({ Self.mustWait(request, $0) }) ?? false {
            entries[id]?.waiting.append((ticket, request))
        } else {
            carryOut(ticket, id, request)
            settle(id)
        }
    }

    private static func mustWait(_ request: Request, _ entry: Entry) -> Bool {
        guard entry.work == nil, entry.waiting.isEmpty else { return true }
        switch entry.life {
        case .down, .queued, .up: return false
        case .starting:
            // It joins those who wait for the start.
            if case .run = request { return false }
            return true
        case .stopping: return true
        }
    }

    private mutating func carryOut(_ ticket: Ticket, _ id: String, _ request: Request) {
        let isThere = entries[id]?.isThere ?? false
        switch request {
        case .create(let profile, let identity):
            if isThere {
                guard entries[id]?.identity == identity else { return answer(ticket, .failure(.storeExists(id))) }
                // Asked for again by somebody who did not hear the answer.
                return profile.resolved.autoStart ? run(ticket, id) : answer(ticket, .success(.done))
            }
            entries[id] = entries[id] ?? Entry(profile: profile)
            entries[id]?.profile = profile
            entries[id]?.work = .making(ticket)
            effects.append(.make(id, profile, identity))
        case .revive(let kept):
            guard !isThere else { return answer(ticket, .failure(.storeExists(id))) }
            entries[id] = entries[id] ?? Entry(profile: StoreProfile())
            entries[id]?.work = .making(ticket)
            effects.append(.revive(id, kept))
        case .run: run(ticket, id)
        case .halt: halt(ticket, id)
        case .configure(let profile):
            guard let entry = entries[id], isThere else { return answer(ticket, .failure(.noSuchStore(id))) }
            guard profile.resolved.directory == entry.profile.resolved.directory else {
                let what = "the directory of store '\(id)' cannot be changed while it is there"
                return answer(ticket, .failure(.invalid(what)))
            }
            if profile == entry.profile, !entry.isDamaged {
                return answer(ticket, .success(.changed(restarted: false)))
            }
            entries[id]?.work = .saving(ticket, profile)
            effects.append(.save(id, profile))
        case .remove(let erasing):
            guard let entry = entries[id], isThere else { return answer(ticket, .failure(.noSuchStore(id))) }
            entries[id]?.work = .removing(ticket, erasing: erasing)
            entries[id]?.pause = nil
            if entry.life == .up {
                entries[id]?.life = .stopping
                effects.append(.stop(id))
            } else {
                entries[id]?.life = .down
                failStarters(id, .unavailable(store: id, why: "it is being removed"))
                effects.append(.putAway(id, erasing: erasing))
            }
        }
    }

    private mutating func run(_ ticket: Ticket, _ id: String) {
        guard let entry = entries[id], entry.isThere else { return answer(ticket, .failure(.noSuchStore(id))) }
        if entry.life == .up { return answer(ticket, .success(.done)) }
        // Requests do not hasten what is paused, and cannot mend what is damaged.
        if entry.pause != nil || entry.isDamaged, let problem = entry.problem {
            return answer(ticket, .failure(problem))
        }
        entries[id]?.starters.append((ticket, .done))
        if entry.life == .down { entries[id]?.life = .queued }
        if entry.life != .starting { queue.add(id, .asked) }
    }

    private mutating func halt(_ ticket: Ticket, _ id: String) {
        guard let entry = entries[id], entry.isThere else { return answer(ticket, .failure(.noSuchStore(id))) }
        entries[id]?.pause = nil
        failStarters(id, .unavailable(store: id, why: "it is inactive"))
        if entry.life == .up {
            entries[id]?.work = .halting(ticket)
            entries[id]?.life = .stopping
            effects.append(.stop(id))
        } else {
            entries[id]?.life = .down
            answer(ticket, .success(.done))
        }
    }

    // MARK: Files

    private mutating func made(_ id: String, _ outcome: Result<Found, StoreError>) {
        guard case .making(let ticket) = entries[id]?.work else { return }
        entries[id]?.work = nil
        switch outcome {
        case .success(let found):
            entries[id]?.isThere = true
            entries[id]?.identity = found.identity
            entries[id]?.profile = found.profile
            effects.append(.govern(id, found.profile))
            effects.append(.note(.created(id)))
            if found.profile.resolved.autoStart {
                entries[id]?.starters.append((ticket, .done))
                enqueue(id)
            } else {
                answer(ticket, .success(.done))
            }
        case .failure(let error):
            answer(ticket, .failure(error))
        }
        settle(id)
    }

    private mutating func saved(_ id: String, _ problem: StoreError?) {
        guard let entry = entries[id], case .saving(let ticket, let profile) = entry.work else { return }
        entries[id]?.work = nil
        // Its turn may have come meanwhile, and passed.
        if entry.life == .queued { enqueue(id) }
        defer { settle(id) }
        if let problem { return answer(ticket, .failure(problem)) }
        entries[id]?.profile = profile
        effects.append(.govern(id, profile))
        if entry.life == .up, entry.profile.resolved.needsRestart(for: profile.resolved) {
            entries[id]?.work = .restarting(ticket)
            entries[id]?.life = .stopping
            effects.append(.stop(id))
            return
        }
        answer(ticket, .success(.changed(restarted: false)))
        guard entry.isDamaged, entry.life == .down else { return }
        // If it was the configuration that was damaged, it is mended; if not, the start will say so.
        entries[id]?.isDamaged = false
        entries[id]?.problem = nil
        if profile.resolved.autoStart { enqueue(id) }
    }

    private mutating func putAway(_ id: String, _ outcome: Result<RemovedStore, StoreError>) {
        guard case .removing(let ticket, _) = entries[id]?.work else { return }
        entries[id]?.work = nil
        switch outcome {
        case .success(let removed):
            entries[id]?.isThere = false
            entries[id]?.identity = nil
            entries[id]?.problem = nil
            entries[id]?.isDamaged = false
            entries[id]?.failures = 0
            effects.append(.forget(id))
            effects.append(.note(.removed(removed)))
            answer(ticket, .success(.removed(removed)))
        case .failure(let error):
            entries[id]?.problem = error
            answer(ticket, .failure(error))
        }
        settle(id)
    }

    /// Goes on with what had to wait, once a store is free; one that is not there and of which nobody wants anything is
    /// forgotten.
    mutating func settle(_ id: String) {
        while let entry = entries[id], let next = entry.waiting.first {
            var free = entry
            free.waiting = []
            guard !Self.mustWait(next.request, free) else { break }
            entries[id]?.waiting.removeFirst()
            carryOut(next.ticket, id, next.request)
        }
        guard let entry = entries[id], entry.work == nil else { return }
        if !entry.isThere, entry.waiting.isEmpty { entries[id] = nil }
    }

    mutating func failStarters(_ id: String, _ error: StoreError) {
        for starter in entries[id]?.starters ?? [] { answer(starter.ticket, .failure(error)) }
        entries[id]?.starters = []
    }

    mutating func answer(_ ticket: Ticket, _ answer: Result<Answer, StoreError>) {
        effects.append(.answer(ticket, answer))
    }

    static func isDamage(_ error: StoreError) -> Bool {
        if case .damaged = error { true } else { false }
    }
}
