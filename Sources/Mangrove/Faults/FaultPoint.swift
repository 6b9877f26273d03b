/// Names a point of the code at which a test can have something go wrong; free where faults are off.
///
/// The point belongs to the process whose code reaches it: in a turn, in its start, its `run`, its `terminate`, or in blocking work
/// that one of these waits for. In a release build there is nothing here, not even a call; build with `-Xswiftc
/// -DMANGROVE_FAULTS` to keep the points.
///
/// ```swift
/// try faultPoint("store.beforeFlush")
/// try file.flush()
/// ```
/// - Parameter name: dotted; the same name may stand at several points.
/// - Throws: what the fault says; `CancellationError` if it killed the process. Nothing where no fault hits the point. A fault
///   that takes time cannot be suffered here, and its ``FaultNeedsSuspension`` is thrown instead.
@inlinable
public func faultPoint(_ name: StaticString) throws {
    #if DEBUG || MANGROVE_FAULTS
        try ProcessCell.reach("\(name)")
    #endif
}

/// As the form that does not suspend, for a point at which the process may also hang or be slow.
/// - Parameter name: dotted; the same name may stand at several points.
/// - Throws: what the fault says; `CancellationError` if it killed the process.
@inlinable
public func faultPoint(_ name: StaticString) async throws {
    #if DEBUG || MANGROVE_FAULTS
        try await ProcessCell.reach("\(name)")
    #endif
}

/// As ``faultPoint(_:)``, where only the disk can fail: what the fault says becomes an error of the disk.
/// - Throws: `DiskError`.
@inlinable
package func diskFaultPoint(_ name: StaticString, _ path: @autoclosure () -> String) throws(DiskError) {
    #if DEBUG || MANGROVE_FAULTS
        do { try ProcessCell.reach("\(name)") } catch { throw DiskError(.system(5), "\(name)", path()) }
    #endif
}

/// As ``faultPoint(_:)``, in what a supervisor does, which ends it.
/// - Throws: ``Exit``.
@inline(__always)
func supervisorFaultPoint(_ name: StaticString) async throws(Exit) {
    #if DEBUG || MANGROVE_FAULTS
        do { try await ProcessCell.reach("\(name)") } catch { throw Exit(Exit.reason(for: error)) }
    #endif
}

/// A fault that takes time hit a point of the code that cannot wait.
public struct FaultNeedsSuspension: Error, Sendable, CustomStringConvertible {
    /// The point's name.
    public let point: String

    /// What is wrong, and what helps.
    public var description: String {
        "a hang or delay cannot happen at '\(point)', which is reached without await: use `try await faultPoint(…)` there, or a crash"
    }
}
