/// A system call as `strace -f -y` shows it.
struct SystemCall {
    /// The line it begins on, and the line it has ended on: `.max` if it never did.
    ///
    /// The tracer stops a thread before a call and after it, so a call that ended on a line before the one another begins
    /// on really had ended by then.
    var begin: Int
    var end: Int
    var name: String
    /// What stands between the parentheses.
    var arguments: Substring
    /// What it returned, or nil if it never did.
    var result: Int?
    /// The path of the descriptor it returned.
    var resultPath: String?

    /// The path, or name, of the descriptor that is the first argument: for a socket one that is this connection's own.
    var descriptor: String? {
        guard let open = arguments.firstIndex(of: "<"), let close = arguments.firstIndex(of: ">"), open < close else {
            return nil
        }
        let name = arguments[arguments.index(after: open)..<close]
        return name.hasPrefix("/") ? String(name) : String(arguments[...close])
    }

    /// The number of the descriptor that is the first argument.
    var descriptorNumber: Int? { Int(arguments.prefix { $0.isNumber }) }

    /// The arguments that are texts, as they are shown.
    var texts: [String] {
        arguments.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}

extension SystemCall {
    /// Reads what `strace -f -tt -y -o FILE` wrote.
    ///
    /// Where a call of one thread begins before that of another has ended, the line breaks off with `<unfinished ...>`,
    /// and goes on, after `<... name resumed>`, on a later one.
    static func calls(in trace: String) throws -> [SystemCall] {
        var calls: [SystemCall] = []
        var unfinished: [Substring: Int] = [:]
        for (number, line) in trace.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
            guard words.count == 2 else { continue }
            let thread = words[0]
            let rest = words[1].drop { $0 == " " }.drop { $0 != " " }.dropFirst()
            if rest.hasPrefix("+++") || rest.hasPrefix("---") { continue }
            if rest.hasPrefix("<... ") {
                guard let index = unfinished.removeValue(forKey: thread), let close = rest.firstIndex(of: ">") else {
                    throw ProgramError("line \(number + 1) of the trace goes on with what was not begun: \(line)")
                }
                calls[index].end(calls[index].arguments + rest[rest.index(after: close)...], on: number)
                continue
            }
            guard let open = rest.firstIndex(of: "(") else {
                throw ProgramError("line \(number + 1) of the trace is not understood: \(line)")
            }
            let arguments = rest[rest.index(after: open)...]
            calls.append(
                SystemCall(begin: number, end: .max, name: String(rest[..<open]), arguments: arguments, result: nil)
            )
            if let cut = arguments.firstRange(of: " <unfinished ...>") {
                calls[calls.count - 1].arguments = arguments[..<cut.lowerBound]
                unfinished[thread] = calls.count - 1
            } else {
                calls[calls.count - 1].end(arguments, on: number)
            }
        }
        return calls
    }

    /// Takes the rest of the line: the arguments' end, and what was returned.
    private mutating func end(_ text: Substring, on number: Int) {
        end = number
        guard let cut = text.ranges(of: ") ").last(where: { text[$0.upperBound...].drop { $0 == " " }.hasPrefix("= ") })
        else {
            arguments = text
            return
        }
        arguments = text[..<cut.lowerBound]
        let returned = text[cut.upperBound...].drop { $0 == " " }.dropFirst(2)
        result = Int(returned.prefix { $0.isNumber || $0 == "-" })
        if let open = returned.firstIndex(of: "<"), let close = returned.lastIndex(of: ">") {
            resultPath = String(returned[returned.index(after: open)..<close])
        }
    }
}
