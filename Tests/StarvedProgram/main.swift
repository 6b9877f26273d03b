import Mangrove
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// A program whose processes keep every thread of the pool, to show that supervision and timers go on meanwhile. What it waits
// for it waits for on its main thread, which is not of the pool.

final class Seen: Sendable, LogSink {
    let release = Atomic<Bool>(false)
    let spinning = Atomic<Int>(0)
    let starts = Atomic<Int>(0)
    let slowStarts = Atomic<Int>(0)
    let ticks = Atomic<Int>(0)
    let canary = Atomic<Bool>(false)
    let stuck = Lock<String?>(nil)
    let recovered = Atomic<Bool>(false)

    func record(_ event: LogEvent) {
        if event.name == "runtime.pool.stuck" { stuck.withLock { $0 = event.logfmt } }
        if event.name == "runtime.pool.recovered" { recovered.store(true, ordering: .releasing) }
    }
}

actor Spinner: ProcessActor {
    func spin(_ seen: Seen) {
        seen.spinning.wrappingAdd(1, ordering: .releasing)
        while !seen.release.load(ordering: .acquiring) {}
    }
}

actor Idle: ProcessActor {
    nonisolated let context: ProcessContext
    init(_ context: ProcessContext) { self.context = context }
    func tick(_ seen: Seen) { seen.ticks.wrappingAdd(1, ordering: .releasing) }
    func setTimer(_ seen: Seen) {
        context.after(.milliseconds(1)) { (idle: isolated Idle) in
            idle.tick(seen)
            if seen.ticks.load(ordering: .acquiring) < 5 { idle.setTimer(seen) }
        }
    }
}

func wait(for what: String, _ isSo: () -> Bool) {
    while !isSo() { sched_yield() }
    print(what)
    fflush(nil)
}

let seen = Seen()
let runtime = Runtime(.system(disk: POSIXDisk(), logs: seen))
let spinners = 64
try await runtime.start(
    Supervisor {
        for number in 0..<spinners {
            Worker(ChildID("spinner\(number)"), name: ProcessName("spinner\(number)")) { Spinner() }
        }
        Worker("victim", name: "victim") { (context: ProcessContext) -> Idle in
            seen.starts.wrappingAdd(1, ordering: .releasing)
            return Idle(context)
        }
        Worker("slow", name: "slow") { (context: ProcessContext) async throws -> Idle in
            await Task.yield()
            seen.slowStarts.wrappingAdd(1, ordering: .releasing)
            return Idle(context)
        }
        Worker("timed", name: "timed") { Idle($0) }
    }
)
let victim = try runtime.address("victim", of: Idle.self).resolve()
let slow = try runtime.address("slow", of: Idle.self).resolve()
let timed = try runtime.address("timed", of: Idle.self).resolve()
let refs = try (0..<spinners).map { try runtime.address(ProcessName("spinner\($0)"), of: Spinner.self).resolve() }

try await timed.call { $0.setTimer(seen) }
for spinner in refs { try spinner.cast { $0.spin(seen) } }
// Behind all of these, so that it shows whether a thread of the pool was free at any time.
Task.detached { seen.canary.store(true, ordering: .releasing) }
wait(for: "kept") { seen.spinning.load(ordering: .acquiring) > 0 }
victim.kill()
wait(for: "restarted") { seen.starts.load(ordering: .acquiring) == 2 }
slow.kill()
wait(for: "restarted though its start suspends") { seen.slowStarts.load(ordering: .acquiring) == 2 }
wait(for: "timers fired") { seen.ticks.load(ordering: .acquiring) == 5 }
wait(for: "reported") { seen.stuck.withLock { $0 } != nil }
print(seen.stuck.withLock { $0 }?.contains("spinner") == true ? "names a spinner" : "names none")
print(seen.canary.load(ordering: .acquiring) ? "a thread was free" : "no thread was free all the while")
seen.release.store(true, ordering: .releasing)
wait(for: "free again") { seen.canary.load(ordering: .acquiring) && seen.recovered.load(ordering: .acquiring) }
await runtime.shutdown()
