import Testing

@Suite("Supervision while every thread of the pool is kept", .timeLimit(.minutes(30)))
struct StarvationTests {
    @Test("Crashed children are restarted and timers fire, and the log says who keeps the threads")
    func goesOn() async throws {
        let result = try await Program.run(Program.built("starved-program"))
        #expect(
            result.output == """
                kept
                restarted
                restarted though its start suspends
                timers fired
                reported
                names a spinner
                no thread was free all the while
                free again

                """
        )
        #expect(result.code == 0)
    }
}
