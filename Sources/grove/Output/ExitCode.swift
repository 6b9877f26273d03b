/// What `grove` says to whoever started it.
enum ExitCode: Int32, Equatable, Sendable {
    /// Everything asked for was done.
    case done = 0
    /// Something failed for which there is no other code.
    case failure = 1
    /// The command line was not understood.
    case usage = 2
    /// A stream was not at the version an append required.
    case wrongExpectedVersion = 3
    /// There is no store of that name.
    case noSuchStore = 4
    /// A store's files are damaged.
    case damaged = 5
    /// Something of the node is degraded: it works, and needs to be looked at.
    case degraded = 6
    /// Something of the node is unhealthy: it does not work.
    case unhealthy = 7
    /// A backup was made, and there are stores that it is without.
    case incomplete = 8
}

/// Why a verb could not do its work: what is printed, and the code it exits with.
struct Failure: Error, Equatable {
    var code: ExitCode
    var message: String
    /// What else there is to say, each on a line of its own.
    var further: [String]

    init(_ code: ExitCode = .failure, _ message: String, further: [String] = []) {
        self.code = code
        self.message = message
        self.further = further
    }
}
