internal import Mangrove

/// What happened in a simulation, in order: a hash of all of it, and, where it is asked for, all of it to read.
final class Trace: Sendable {
    private struct State {
        /// Folds everything: equal for equal runs.
        var hash = StableFold()
        var events: [SimulationEvent] = []
        var lines: [String] = []
    }

    private let state = Lock(State())
    private let clock: VirtualClock
    private let executor: SimulatedExecutor
    /// Whether every turn is kept to be read, and every line of the log.
    let isFull: Bool

    init(clock: VirtualClock, executor: SimulatedExecutor, isFull: Bool) {
        self.clock = clock
        self.executor = executor
        self.isFull = isFull
    }

    /// A number that is equal for equal runs, choices of the seed included.
    var hash: UInt64 {
        var hash = state.withLock { $0.hash }
        hash.fold(executor.trace)
        return hash.value
    }

    /// Starts and ends of processes, the points they reached and the faults they suffered; every turn if the trace is full.
    var events: [SimulationEvent] { state.withLock { $0.events } }

    func events(after count: Int) -> [SimulationEvent] {
        state.withLock { state in
            // Nearly always there is nothing new.
            state.events.count > count ? Array(state.events[count...]) : []
        }
    }

    /// The full trace to read, a line for each event.
    var lines: [String] { state.withLock { $0.lines } }

    #if DEBUG || MANGROVE_FAULTS
        func add(_ kind: SimulationEvent.Kind, _ place: ProcessPlace, _ prefix: String) {
            let steps = executor.steps
            let now = clock.time.nanoseconds
            let isKept = isFull || !kind.isTurn
            let path = isKept ? prefix + place.path : ""
            let id = place.id
            state.withLock { state in
                state.hash.fold(UInt64(truncatingIfNeeded: steps))
                state.hash.fold(UInt64(bitPattern: now))
                state.hash.fold(id.serial)
                kind.fold(into: &state.hash)
                guard isKept else { return }
                let time = Duration.nanoseconds(now)
                let event = SimulationEvent(kind: kind, path: path, process: id, time: time, step: steps)
                state.events.append(event)
                if isFull { state.lines.append(event.line) }
            }
        }
    #endif

    func add(_ event: LogEvent) {
        guard isFull else { return }
        let line = "step \(executor.steps)  \(Duration.nanoseconds(clock.time.nanoseconds))  log \(event.logfmt)"
        state.withLock { $0.lines.append(line) }
    }
}

/// A hash that is the same in every run of every program: FNV-1a over whole words.
struct StableFold: Sendable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func fold(_ word: UInt64) {
        value = (value ^ word) &* 0x0000_0100_0000_01B3
        value ^= value >> 29
    }

    mutating func fold(_ text: String) {
        for byte in text.utf8 { fold(UInt64(byte)) }
    }
}

extension SimulationEvent.Kind {
    fileprivate var isTurn: Bool {
        if case .turn = self { true } else { false }
    }

    fileprivate func fold(into hash: inout StableFold) {
        switch self {
        case .starts: hash.fold(1)
        case .started: hash.fold(2)
        case .turn(let number):
            hash.fold(3)
            hash.fold(number)
        case .point(let name):
            hash.fold(4)
            hash.fold(name)
        case .fault(let what):
            hash.fold(5)
            hash.fold(what)
        case .ended(let reason):
            hash.fold(6)
            hash.fold("\(reason)")
        }
    }
}
