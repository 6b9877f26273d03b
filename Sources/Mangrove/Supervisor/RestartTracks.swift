/// How the children that have a backoff or a budget have fared; nothing is kept of the others.
struct RestartTracks<Key: Hashable & Sendable>: Sendable {
    private struct Track {
        var window = RestartWindow()
        /// The last wait, before chance took its part.
        var lastWait: Duration?
        var upSince: RuntimeInstant?
        var isWaiting = false
    }

    private var tracks: [Key: Track] = [:]
    private var chance: UInt64

    /// - Parameter seed: what the jitter follows from.
    init(seed: UInt64) {
        chance = seed
    }

    /// Notes that a child is up; since when matters where it has a backoff.
    mutating func started(_ key: Key, at now: RuntimeInstant?) {
        guard let now else {
            // What is known of an earlier incarnation says nothing of this one.
            if !tracks.isEmpty { tracks[key]?.upSince = nil }
            return
        }
        tracks[key, default: Track()].upSince = now
    }

    /// How long a child is to wait before its restart, or nil if it need not.
    /// - Parameter now: when it ended; nil if it did not come up.
    mutating func wait(_ key: Key, _ limits: RestartLimits?, at now: RuntimeInstant?) -> Duration? {
        guard let backoff = limits?.backoff else { return nil }
        var track = tracks[key] ?? Track()
        if let now, let since = track.upSince, since.duration(to: now) >= backoff.resetAfter { track.lastWait = nil }
        let longer = track.lastWait.map(backoff.wait(after:))
        let wait = longer ?? backoff.initial
        track.lastWait = wait
        track.upSince = nil
        track.isWaiting = true
        tracks[key] = track
        return wait - wait * (backoff.jitter * part())
    }

    /// Whether a child waits for its restart as its backoff says.
    func isWaiting(_ key: Key) -> Bool {
        !tracks.isEmpty && tracks[key]?.isWaiting ?? false
    }

    mutating func stopsWaiting(_ key: Key) {
        if !tracks.isEmpty { tracks[key]?.isWaiting = false }
    }

    /// Counts one restart against a child's own budget.
    /// - Returns: whether it is within it.
    mutating func admit(_ key: Key, _ limits: RestartLimits?, at now: RuntimeInstant) -> Bool {
        guard let budget = limits?.budget else { return true }
        return tracks[key, default: Track()].window.admit(at: now, budget.limit)
    }

    mutating func forget(_ key: Key) {
        if !tracks.isEmpty { tracks[key] = nil }
    }

    /// A number from 0 to just below 1 (SplitMix64).
    private mutating func part() -> Double {
        chance &+= 0x9E37_79B9_7F4A_7C15
        var bits = chance
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return Double((bits ^ bits >> 31) >> 11) / Double(1 << 53 as UInt64)
    }
}
