import Benchmark
import Mangrove
import World

// The classics by which actor systems are compared, each done by supervised processes, and each with a result that is
// checked: one that is wrong fails the run.
let benchmarks: @Sendable () -> Void = {
    registerPassing()
    registerForkJoin()
    registerCounting()
    registerChameneos()
    registerBig()
    registerDictionary()
    registerBank()
}

/// A classic came to another result than it must.
struct WrongResult: Error, CustomStringConvertible {
    let description: String
}

/// Fails the run unless `value` is what it must be.
func check<Value: Equatable>(_ what: String, _ value: Value, is expected: Value) throws {
    guard value == expected else { throw WrongResult(description: "\(what): \(value) and not \(expected)") }
}

/// Who the processes of a classic tell that something has ended, and with what.
struct Finish: Sendable {
    private let results: AsyncStream<Int>
    private let told: AsyncStream<Int>.Continuation

    init() { (results, told) = AsyncStream.makeStream(of: Int.self) }

    /// Tells of an end.
    func tell(_ result: Int) { told.yield(result) }

    /// Waits for so many ends, and adds up what they came with.
    func sum(of count: Int = 1) async -> Int {
        var sum = 0
        var remaining = count
        for await result in results {
            sum += result
            remaining -= 1
            if remaining == 0 { break }
        }
        return sum
    }
}

/// Numbers that are the same on both sides, and in every run.
struct Numbers: Sendable {
    private var state: Int

    init(_ number: Int) { state = number }

    mutating func next(below limit: Int) -> Int {
        state = (state &* 1_103_515_245 &+ 12_345) & 0x7fff_ffff
        return (state >> 8) % limit
    }
}

/// The mailbox of processes that are sent more at once than the default holds.
let roomyMailbox = 2_000_000

extension Benchmark {
    /// Runs `work` with a dynamic supervisor to start its processes.
    func runCrew(
        _ work: @escaping @Sendable (Ref<DynamicSupervisorProcess>, Stopwatch) async throws -> Void
    ) async throws {
        try await run(Supervisor { DynamicSupervisor("crew", name: "crew") }) { runtime, watch in
            try await work(try runtime.address("crew", of: DynamicSupervisorProcess.self).resolve(), watch)
        }
    }
}

extension Ref where Target == DynamicSupervisorProcess {
    /// Starts one process.
    func start<Process: ProcessActor>(
        _ start: @escaping @Sendable (ProcessContext) throws -> Process
    ) async throws -> Ref<Process> {
        let worker = Worker("one", mailboxLimit: roomyMailbox, start: start)
        return try await startChildren(1, of: worker, as: Process.self)[0]
    }

    /// Starts so many processes, which know their numbers.
    func start<Process: ProcessActor>(
        _ count: Int,
        _ start: @escaping @Sendable (_ number: Int, ProcessContext) throws -> Process
    ) async throws -> [Ref<Process>] {
        var all: [Ref<Process>] = []
        for number in 0..<count { all.append(try await self.start { try start(number, $0) }) }
        return all
    }
}
