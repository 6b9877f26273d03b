import MangroveStore

/// The program: connects the command line with the system.
@main
enum Main {
    /// On the main thread, which is not one of those that run tasks: the program's own reads and writes may block it.
    @MainActor
    static func main() async {
        System.ignoreBrokenPipes()
        let console = Console(
            output: Output(DescriptorSink(1, name: "standard output")),
            errors: Output(DescriptorSink(2, name: "standard error")),
            outputTraits: TerminalTraits(descriptor: 1, environment: System.environment),
            errorTraits: TerminalTraits(descriptor: 2, environment: System.environment),
            open: { path throws(StreamError) in try DescriptorSource(path) },
            newID: { EventID(randomHigh: System.randomBits(), low: System.randomBits()) }
        )
        let code = await runGrove(
            Array(CommandLine.arguments.dropFirst()),
            environment: System.variables,
            console: console,
            programs: .linked
        )
        System.exit(code)
    }
}
