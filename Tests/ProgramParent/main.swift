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
let rounds = CommandLine.arguments.dropFirst(2).compactMap { Int($0) }
let runtime = Runtime()

if rounds == [0] {
    try await runtime.run(
        Supervisor {
            Program("child", executable: "/bin/sh", arguments: ["-c", script], shutdown: .infinity) { line, _ in
                print(line)
                fflush(nil)
            }
        },
        stopWithin: nil
    )
    print("stopped")
    exit(0)
}
for count in rounds.isEmpty ? [1] : rounds {
    for _ in 1...count {
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
        if count == 1 { _ = await supervisor.exitReason() }
        await supervisor.stop(.shutdown)
    }
    print("done")
    fflush(nil)
    // Whoever counts what is left behind says when to go on.
    _ = readLine()
}
try await runtime.sleep(for: .seconds(3_600))
