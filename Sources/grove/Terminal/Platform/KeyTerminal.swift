#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The terminal of standard input and output while a program has all of its screen: keys come one by one, unseen, and what
/// was on the screen is back when it is over.
final class KeyTerminal {
    private var original = termios()
    private var isRaw = false

    /// Takes the screen.
    /// - Returns: nil if standard input or output is no terminal.
    init?() {
        guard isatty(0) == 1, isatty(1) == 1, tcgetattr(0, &original) == 0 else { return nil }
        var raw = original
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        guard tcsetattr(0, TCSANOW, &raw) == 0 else { return nil }
        isRaw = true
        // The other screen, without a cursor.
        send("\u{1B}[?1049h\u{1B}[?25l")
    }

    deinit { release() }

    /// Gives the screen back. Twice is fine.
    func release() {
        guard isRaw else { return }
        isRaw = false
        send("\u{1B}[?25h\u{1B}[?1049l")
        tcsetattr(0, TCSANOW, &original)
    }

    /// How large it is now.
    var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Puts a picture on the screen, without flicker.
    func draw(_ lines: [String]) {
        send("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    /// The bytes of keys that were pressed, waiting for them a while. Blocks.
    /// - Returns: nothing if no key was pressed; nil if nobody is at the keys any more.
    func read(milliseconds: Int32) -> [UInt8]? {
        var watched = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        guard poll(&watched, 1, milliseconds) > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = bytes.withUnsafeMutableBytes { systemRead(0, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR || errno == EAGAIN { return [] }
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }

    private func send(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { systemWrite(1, $0.baseAddress, $0.count) }
            // A terminal that takes nothing has gone, which reading finds out.
            guard count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN)) else { return }
            bytes.removeFirst(max(0, count))
        }
    }
}

// The members above have the names of the system's functions, which these reach.

private func systemRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, bytes, count)
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
