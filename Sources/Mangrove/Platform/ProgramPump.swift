#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The thread that moves a program's input and output, and tells what comes out.
struct ProgramPump: Sendable {
    private let program: SystemProgram
    private let group: SpawnedGroup
    private let wake: Int32
    private let lineLimit: Int
    private let events: @Sendable (ProgramEvent) -> Void

    /// How much is read at once, and so the most whose lines wait to be handled.
    private static let pieceSize = 16 << 10
    /// How much is read from what the pipes still hold once the program has ended: more than a pipe can hold.
    private static let afterEnd = 2 << 20

    init(
        _ program: SystemProgram,
        _ group: SpawnedGroup,
        wake: Int32,
        _ lineLimit: Int,
        _ events: @escaping @Sendable (ProgramEvent) -> Void
    ) {
        self.program = program
        self.group = group
        self.wake = wake
        self.lineLimit = lineLimit
        self.events = events
    }

    /// Works until the program has ended and all it printed was told.
    func run() {
        posixBlockPipeSignal()
        for descriptor in [wake, group.input, group.output, group.errors] { posixSetNonBlocking(descriptor) }
        var state = PumpState(lineLimit)
        while true {
            let work = program.work
            if work.closesInput { closeInput(&state) }
            if work.hasEnded, !work.isHandling {
                // Its last lines are handled piece by piece like all others.
                if state.readsOutput, state.leftAfterEnd > 0, read(&state) { continue }
                let last = state.isTooLong ? [] : state.output.finish()
                if !last.isEmpty { tell(last) }
                while readErrors(&state), state.leftAfterEnd > 0 {}
                let lastErrors = state.errors.finish()
                if !lastErrors.isEmpty { events(.errors(lastErrors)) }
                close(state)
                events(.ended(work.exit))
                return
            }
            wait(work, &state)
        }
    }

    private func wait(_ work: SystemProgram.Work, _ state: inout PumpState) {
        func entry(_ descriptor: Int32, _ events: Int32, if isWanted: Bool) -> pollfd {
            // A negative number is passed over.
            pollfd(fd: isWanted ? descriptor : -1, events: Int16(events), revents: 0)
        }
        var list = [
            entry(wake, POLLIN, if: true),
            entry(group.output, POLLIN, if: state.readsOutput && !work.isHandling && !work.hasEnded),
            entry(group.errors, POLLIN, if: state.readsErrors && !work.hasEnded),
            entry(group.input, POLLOUT, if: state.writesInput && work.hasInput && !work.hasEnded),
        ]
        guard poll(&list, nfds_t(list.count), -1) > 0 else { return }
        if list[0].revents != 0 {
            var bytes = [UInt8](repeating: 0, count: 256)
            while posixReadSome(wake, &bytes) > 0 {}
        }
        if list[1].revents != 0 { _ = read(&state) }
        if list[2].revents != 0 { _ = readErrors(&state) }
        if list[3].revents != 0, !program.writeInput() { closeInput(&state) }
    }

    /// Reads a piece of the output and tells its lines.
    /// - Returns: whether there was one.
    private func read(_ state: inout PumpState) -> Bool {
        let count = posixReadSome(group.output, &state.buffer)
        guard count > 0 else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) { state.readsOutput = false }
            return false
        }
        if program.work.hasEnded { state.leftAfterEnd -= count }
        let (lines, tooLong) = state.output.take(state.buffer[..<count], cutsLong: false)
        if !lines.isEmpty { tell(lines) }
        if tooLong {
            state.isTooLong = true
            state.readsOutput = false
            events(.lineTooLong)
        }
        return true
    }

    private func tell(_ lines: [String]) {
        program.handling(true)
        events(.output(lines, handled: { [program] in program.handling(false) }))
    }

    private func readErrors(_ state: inout PumpState) -> Bool {
        guard state.readsErrors else { return false }
        let count = posixReadSome(group.errors, &state.buffer)
        guard count > 0 else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) { state.readsErrors = false }
            return false
        }
        if program.work.hasEnded { state.leftAfterEnd -= count }
        let lines = state.errors.take(state.buffer[..<count], cutsLong: true).lines
        if !lines.isEmpty { events(.errors(lines)) }
        return true
    }

    private func closeInput(_ state: inout PumpState) {
        program.inputClosed()
        guard state.writesInput else { return }
        state.writesInput = false
        posixClose(group.input)
    }

    private func close(_ state: PumpState) {
        program.inputClosed()
        if state.writesInput { posixClose(group.input) }
        posixClose(group.output)
        posixClose(group.errors)
        program.close()
        posixClose(wake)
    }

    private struct PumpState {
        var buffer = [UInt8](repeating: 0, count: ProgramPump.pieceSize)
        var output: LineCutter
        var errors: LineCutter
        var readsOutput = true
        var readsErrors = true
        var writesInput = true
        var isTooLong = false
        var leftAfterEnd = ProgramPump.afterEnd

        init(_ lineLimit: Int) {
            output = LineCutter(limit: lineLimit)
            errors = LineCutter(limit: 8_192)
        }
    }
}
