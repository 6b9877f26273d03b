/// Puts errors into words for logs, trees and diagnoses: the one place where data of users that errors carry can be kept
/// out of them.
///
/// It is asked for every error that the framework shows to people by itself. It is not asked for errors that are handed to
/// code, as a call's are to its caller: what becomes of those is up to that code.
///
/// ```swift
/// var environment = RuntimeEnvironment.system(disk: POSIXDisk())
/// environment.redaction = .typeOnly
/// ```
public struct ErrorRedaction: Sendable {
    private let words: @Sendable (any Error) -> String

    /// Makes one of a closure, which is called from any thread and must be short.
    public init(_ words: @escaping @Sendable (any Error) -> String) {
        self.words = words
    }

    /// What is said of an error.
    public func text(of error: any Error) -> String { words(error) }

    /// The error's type and its description: `Timeout: no answer from 10.0.0.7`. The default.
    public static let typeAndDescription = ErrorRedaction { error in
        let (type, description) = ("\(Swift.type(of: error))", "\(error)")
        return description.hasPrefix(type) ? description : "\(type): \(description)"
    }

    /// The error's type, and nothing of what is in it.
    public static let typeOnly = ErrorRedaction { error in "\(Swift.type(of: error))" }
}

extension ExitReason {
    /// The reason in words, as ``description``, but with its error put into words by `redaction`.
    public func text(by redaction: ErrorRedaction) -> String {
        switch self {
        case .crash(let error): "crash: " + redaction.text(of: error)
        case .shutdownBecause(let why): "shutdown: " + redaction.text(of: why)
        case .normal, .shutdown, .killed, .noProcess, .program: description
        }
    }
}
