/// What is wrong with a line of NDJSON, and which line.
package struct NDJSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The line, from 1.
    package var line: Int
    /// What is wrong, in words.
    package var what: String

    /// Makes an error.
    package init(line: Int, _ what: String) {
        self.line = line
        self.what = what
    }

    /// `line 3: …`
    package var description: String {
        "line \(line): \(what)"
    }
}
