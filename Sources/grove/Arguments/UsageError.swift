import MangroveStore

/// The command line is not one that `grove` understands.
struct UsageError: Error, Equatable {
    /// What is wrong, in one line, with a hint where there is one.
    var message: String

    init(_ message: String) {
        self.message = message
    }

    /// An error about a word that is not one of `known`, with the one that was probably meant.
    static func unknown(_ what: String, _ word: String, known: [String], otherwise hint: String) -> UsageError {
        let meant = Spelling.closest(to: word, among: known)
        return UsageError("unknown \(what) '\(word)'; " + (meant.map { "did you mean '\($0)'?" } ?? hint))
    }
}
