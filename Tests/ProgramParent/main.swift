import Mangrove

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// A program that supervises others, for tests that kill it or count what it leaves behind.

let script = CommandLine.arguments.dropFirst().first ?? ""
let rounds = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 1
let runtime = Runtime()

for _ in 1...rounds {
    let heard = AsyncStream<String>.makeStream()
    let supervisor = try await runtime.start(
        Supervisor {
            Program("child", executable: "/bin/sh", arguments: ["-c", script], restart: .temporary) { line, _ in
                heard.continuation.yield(line)
            }
        }
    )
    // A script prints two lines.
    for await line in heard.stream.prefix(2) {
        print(line)
        fflush(nil)
    }
    if rounds == 1 { _ = await supervisor.exitReason() }
    await supervisor.stop(.shutdown)
}
print("done")
fflush(nil)
try await runtime.sleep(for: .seconds(3_600))
