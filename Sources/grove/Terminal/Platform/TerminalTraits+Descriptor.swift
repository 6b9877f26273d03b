#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension TerminalTraits {
    /// Looks at an open descriptor: 1 is standard output, 2 standard error.
    init(descriptor: Int32, environment: (String) -> String?) {
        var size = winsize()
        let known = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        self.init(
            isTerminal: isatty(descriptor) == 1,
            width: known ? Int(size.ws_col) : nil,
            environment: environment
        )
    }
}
