public import Mangrove

/// One thing that happened to a process of a simulation.
public struct SimulationEvent: Sendable, CustomStringConvertible {
    /// What happened.
    public enum Kind: Sendable {
        /// Its start begins.
        case starts
        /// It has started.
        case started
        /// Its turn of that number begins.
        case turn(UInt64)
        /// Its code reached a named point.
        case point(String)
        /// A fault happens to it.
        case fault(String)
        /// It is dead.
        case ended(ExitReason)
    }

    /// What happened.
    public let kind: Kind
    /// Where the process stands in the tree.
    public let path: String
    /// Which process.
    public let process: ProcessID
    /// The virtual time since the simulation began.
    public let time: Duration
    /// The step of the simulation.
    public let step: Int

    /// The event in words, without time and step: `started shop/stock`.
    public var description: String {
        switch kind {
        case .starts: "starts \(path)"
        case .started: "started \(path)"
        case .turn(let number): "turn \(number) of \(path)"
        case .point(let name): "point \(name) of \(path)"
        case .fault(let what): "fault in \(path): \(what)"
        case .ended(let reason): "ended \(path): \(reason)"
        }
    }

    /// The event as a line of a trace.
    var line: String { "step \(step)  \(time)  \(process)  \(self)" }
}
