extension StoreIndex {
    /// How this index, taken earlier, differs from what `later` says of the same events; nil if it does not.
    package func difference(from later: StoreIndex) -> String? {
        guard eventCount <= later.eventCount, image.lastIndex <= later.image.lastIndex else {
            return "it covers \(eventCount) events, the log has \(later.eventCount)"
        }
        for position in 0..<eventCount {
            guard location(of: position) == later.location(of: position) else {
                return "it has event \(position) elsewhere than the log"
            }
            guard image.fingerprints[position] == later.image.fingerprints[position] else {
                return "it has another id or stream for event \(position) than the log"
            }
        }
        guard streams.count <= later.streams.count else { return "it has more streams than the log" }
        for number in 0..<UInt32(streams.count) {
            let mine = streams[number]
            let other = later.streams[number]
            guard StreamKey(mine.name) == StreamKey(other.name) else {
                return "it calls stream \(number) '\(mine.name)', the log '\(other.name)'"
            }
            guard mine.positions.count <= other.positions.count else {
                return "it has more events in stream '\(mine.name)' than the log"
            }
            for version in 0..<mine.positions.count where mine.positions[version] != other.positions[version] {
                return "it has version \(version) of stream '\(mine.name)' elsewhere than the log"
            }
        }
        return nil
    }
}
