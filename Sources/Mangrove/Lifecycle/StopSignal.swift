/// A signal that tells a program to stop.
public enum StopSignal: Int32, Sendable, CaseIterable {
    /// SIGINT, as from Ctrl-C.
    case interrupt = 2
    /// SIGTERM, as from a service manager.
    case terminate = 15
}

/// Tells of signals to stop: what a runtime's environment gives to ``Runtime/run(_:stopWithin:)``.
public protocol StopSignalSource: Sendable {
    /// Calls `action` at the first signal, from a thread of its own; a second one ends the program at once, with 128 and
    /// its number.
    /// - Returns: what ends that: afterwards signals do what they would otherwise.
    func onFirst(_ action: @escaping @Sendable (StopSignal) -> Void) -> @Sendable () -> Void
}

/// Tells of no signals: they do what they would otherwise.
public struct NoStopSignals: StopSignalSource {
    /// Makes one.
    public init() {}

    /// Never calls `action`.
    public func onFirst(_ action: @escaping @Sendable (StopSignal) -> Void) -> @Sendable () -> Void { {} }
}
