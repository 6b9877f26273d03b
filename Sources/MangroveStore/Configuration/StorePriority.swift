/// How early a store is started with its node, and how late it is given up when room gets scarce.
public enum StorePriority: String, Sendable, Hashable, CaseIterable, Comparable {
    /// After all others.
    case low
    /// Unless said otherwise.
    case normal
    /// Before all others.
    case high

    /// Whether the first comes later than the second.
    public static func < (first: StorePriority, second: StorePriority) -> Bool {
        first.rank < second.rank
    }

    private var rank: Int {
        switch self {
        case .low: 0
        case .normal: 1
        case .high: 2
        }
    }
}
