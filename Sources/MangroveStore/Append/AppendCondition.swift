/// Something an append requires of a store beside the streams it writes.
///
/// Conditions are decided together with the append, at one moment: nothing comes in between.
public enum AppendCondition: Sendable, Hashable {
    /// A stream is at this version.
    case stream(String, ExpectedVersion)
    /// No event that the filter means comes after this position; −1 for none at all.
    ///
    /// So a decision made from what a filter gave up to a position holds only if nothing was added to that meanwhile. What
    /// is gone does not count, except that an event too old for its stream counts until a compaction has dropped it.
    case noneMatching(EventFilter, after: Int)

    /// Checks what can be checked without a store.
    /// - Throws: ``StoreError/invalid(_:)``.
    func check() throws(StoreError) {
        switch self {
        case .stream(let stream, let expected):
            try AppendRequest.check(stream: stream)
            try AppendRequest.check(expected)
        case .noneMatching(let filter, let position):
            try filter.check()
            guard position >= -1 else { throw .invalid("a position to look after is -1 or more, not \(position)") }
        }
    }
}

extension AppendCondition: CustomStringConvertible {
    /// In words.
    public var description: String {
        switch self {
        case .stream(let stream, let expected): "stream '\(stream)' at \(expected)"
        case .noneMatching(_, let position): "no event of the filter after position \(position)"
        }
    }
}

extension AppendRequest {
    /// Whether it is still to be decided on its conditions: an append that was done before met them then.
    func isOpen(_ decision: AppendDecision) -> Bool {
        if case .record = decision { return true }
        return parts.allSatisfy { $0.events.isEmpty }
    }
}

extension StoreEngine {
    /// Whether an append's conditions hold, what is staged included.
    /// - Throws: ``StoreError/conditionFailed(_:actual:)``.
    static func require(
        _ conditions: [AppendCondition],
        _ staging: StagingArea,
        _ index: StoreIndex
    ) throws(StoreError) {
        for condition in conditions {
            switch condition {
            case .stream(let stream, let expected):
                let tail = staging.find(stream)?.tail ?? index.version(of: stream)
                guard expected.holds(at: tail) else { throw .conditionFailed(condition, actual: tail) }
            case .noneMatching(let filter, let position):
                if let found = index.first(filter, from: position + 1) ?? staging.first(filter, after: position) {
                    throw .conditionFailed(condition, actual: found)
                }
            }
        }
    }
}
