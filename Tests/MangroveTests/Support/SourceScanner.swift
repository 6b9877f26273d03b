import Foundation

/// Looks through source text for what the house does not allow, ignoring comments and string literals.
struct SourceScanner {
    struct Finding: Hashable, CustomStringConvertible {
        var path: String
        var line: Int
        var what: String

        var description: String { "\(path):\(line): \(what)" }
    }

    /// What reaches outside past the runtime, and belongs into a `Platform` folder.
    // Safe: regexes are immutable; the standard library has not marked them Sendable.
    nonisolated(unsafe) private static let outside: [(what: String, pattern: Regex<Substring>)] = simple([
        ("a task nobody spawned", /\bTask\s*(?:<[^>]*>)?\s*[({]|\bTask\.(?:init|detached|immediate)\b/),
        ("a task nobody spawned", /\bTask(?:<[^>]*>)?\s*\(\s*(?:name|priority|executorPreference|operation)\s*:/),
        ("sleeping on the real clock", /\bTask\.sleep\b|\b(?:usleep|nanosleep)\s*\(/),
        (
            "the real clock",
            /\b(?:ContinuousClock|SuspendingClock)\b|\b(?:Date|clock_gettime|gettimeofday)\s*\(|\bDate\.now\b/
        ),
        ("a dispatch queue", /\bDispatch(?:Queue|Source|Group|Semaphore|WorkItem|Time)\b/),
        ("a thread", /\bThread\s*[.({]|\bpthread_create\b/),
        ("unseeded chance", /\bSystemRandomNumberGenerator\b|\barc4random|\bgetrandom\b|\bUUID\s*\(\s*\)/),
        ("unseeded chance", /\.(?:random|shuffled|randomElement|shuffle)\s*\((?!.*\busing:)/),
        ("files past the disk", /\b(?:FileManager|FileHandle|ProcessInfo)\b/),
        ("the C library", /^\s*(?:\w+\s+)?import\s+(?:Glibc|Musl|Darwin|Dispatch)\b/),
    ])

    /// Calls of the C library by their bare names. Only a file that imports it can make them; elsewhere a name like these
    /// is a method's or a case's.
    private static let rawCalls = [
        "open", "openat", "close", "read", "pread", "write", "pwrite", "fsync", "fdatasync", "rename", "unlink",
        "mkdir", "flock",
        "fcntl", "stat", "socket", "connect", "bind", "listen", "accept", "recv", "sendto", "poll", "fork", "fopen",
        "fclose",
    ]

    // Safe: as above.
    nonisolated(unsafe) private static let everywhere: [(what: String, pattern: Regex<Substring>)] = simple([
        ("a trap", /\bfatalError\b|\bpreconditionFailure\b/),
        ("a trap", /\btry!|\bas!/),
    ])

    /// With word boundaries at every change between letters and others, dots between words included.
    private static func simple(_ patterns: [(String, Regex<Substring>)]) -> [(what: String, pattern: Regex<Substring>)]
    {
        patterns.map { ($0.0, $0.1.wordBoundaryKind(.simple)) }
    }

    /// - Parameter mayReachOutside: whether the file is one of those that wrap the outside.
    static func findings(in text: String, path: String, mayReachOutside: Bool) -> [Finding] {
        let original = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let code = withoutCommentsAndStrings(text).split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init
        )
        var found: [Finding] = []
        let importsLibrary = code.contains { $0.contains(/^\s*(?:\w+\s+)?import\s+(?:Glibc|Musl|Darwin|Foundation)\b/) }
        let own = Set(rawCalls.filter { name in code.contains { $0.contains("func \(name)(") } })
        for (number, line) in code.enumerated() {
            func report(_ what: String) { found.append(Finding(path: path, line: number + 1, what: what)) }
            for (what, pattern) in everywhere where line.contains(pattern) { report(what) }
            if isUnsafe(line), !isExplained(number, original) { report("an unsafe mark without its reason") }
            guard !mayReachOutside else { continue }
            let line = line.replacing("-> Task<Void, Never> {", with: "")
            for (what, pattern) in outside where line.contains(pattern) { report(what) }
            for name in importsLibrary ? rawCalls : [] where !own.contains(name) && callsBare(name, in: line) {
                report("a raw call of \(name)")
            }
        }
        if original.count > 401 { found.append(Finding(path: path, line: original.count, what: "more than 400 lines")) }
        return found
    }

    private static func isUnsafe(_ line: String) -> Bool {
        line.contains("nonisolated(unsafe)") || line.contains("@unchecked Sendable")
    }

    /// Whether a comment that begins `Safe:` stands on the lines above, with nothing but its like between.
    private static func isExplained(_ number: Int, _ lines: [String]) -> Bool {
        if lines[number].contains("// Safe:") { return true }
        var above = number - 1
        while above >= 0 {
            let line = lines[above].trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("//") {
                if line.contains("Safe:") { return true }
            } else if !isUnsafe(line), !line.hasPrefix("#if"), !line.hasPrefix("@") {
                return false
            }
            above -= 1
        }
        return false
    }

    private static func callsBare(_ name: String, in line: String) -> Bool {
        var rest = line[...]
        while let range = rest.range(of: name + "(") {
            let before = rest[..<range.lowerBound].last
            if before.map({ !$0.isLetter && !$0.isNumber && $0 != "." && $0 != "_" && $0 != "`" }) ?? true {
                return true
            }
            rest = rest[range.upperBound...]
        }
        return false
    }

    /// The text with every comment and string literal blanked; line breaks stay.
    static func withoutCommentsAndStrings(_ text: String) -> String {
        enum Place {
            case code
            case lineComment
            case blockComment
            case string(quotes: Int, hashes: Int)
        }
        let characters = Array(text)
        var place = Place.code
        var output: [Character] = []
        var index = 0

        func matches(_ word: String, at start: Int) -> Bool {
            let word = Array(word)
            return start + word.count <= characters.count && Array(characters[start..<start + word.count]) == word
        }

        while index < characters.count {
            let character = characters[index]
            switch place {
            case .code:
                if matches("//", at: index) {
                    place = .lineComment
                } else if matches("/*", at: index) {
                    place = .blockComment
                } else if character == "\""
                    || (character == "#" && index + 1 < characters.count && characters[index + 1] == "\"")
                {
                    let hashes = character == "#" ? 1 : 0
                    let quotes = matches("\"\"\"", at: index + hashes) ? 3 : 1
                    place = .string(quotes: quotes, hashes: hashes)
                    index += hashes + quotes
                    continue
                } else {
                    output.append(character)
                }
            case .lineComment:
                if character.isNewline {
                    place = .code
                    output.append(character)
                }
            case .blockComment:
                if matches("*/", at: index) {
                    place = .code
                    index += 1
                } else if character.isNewline {
                    output.append(character)
                }
            case .string(let quotes, let hashes):
                if hashes == 0, character == "\\" {
                    index += 2
                    continue
                }
                if matches(String(repeating: "\"", count: quotes) + String(repeating: "#", count: hashes), at: index) {
                    place = .code
                    index += quotes + hashes
                    output.append("_")
                    continue
                }
                if character.isNewline {
                    output.append(character)
                    if quotes == 1 { place = .code }
                }
            }
            index += 1
        }
        return String(output)
    }
}
