extension StoreIndex {
    /// Takes over a stream's settings from a fact that was just added.
    mutating func applySettings(_ change: FactEntry) throws(Malformed) {
        guard let small = change.small else { throw Malformed("a stream's settings cannot be right") }
        try applySettings(change.key, small)
    }

    /// Takes over all streams' settings from the facts.
    mutating func loadSettings() throws(Malformed) {
        let entries = facts[.streamSettings].entries(prefix: FactKey())
        for entry in entries { try applySettings(entry.key, entry.small ?? []) }
    }

    private mutating func applySettings(_ key: FactKey, _ value: [UInt8]) throws(Malformed) {
        var parts = FactKey.Parts(key)
        guard let stream = parts.text() else { throw Malformed("settings are those of no stream") }
        let life = try StreamLife(decoding: value)
        // What a limit takes away is known at the end of a replay only: later settings may have lifted the limit, and their
        // record may have been left out by a compaction since. What was gone by then is in the floor of those that count.
        if isReplaying {
            lives[stream] = life
        } else {
            raiseFloor(of: stream, life)
        }
    }

    /// Ends a replay: from now on records are added as they are written.
    mutating func finishReplay() {
        isReplaying = false
        for (stream, life) in lives.all {
            lives[stream] = nil
            raiseFloor(of: stream, life)
        }
    }

    /// Sets a stream's life with the floor that follows from it, and marks what is gone by that.
    mutating func raiseFloor(of stream: String, _ life: StreamLife) {
        var life = life
        let number = streams.number(of: stream)
        let list = number.map { streams[$0].positions } ?? PositionList()
        let before = lives[stream]?.floor ?? 0
        life.floor = max(before, life.floor(next: list.count))
        lives[stream] = life
        let lost = (before..<life.floor).clamped(to: list.base..<max(list.base, list.count))
        for version in lost { gone.insert(Int(list[version])) }
    }
}
