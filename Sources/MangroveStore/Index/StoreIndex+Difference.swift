extension StoreIndex {
    /// How this index, taken earlier, differs from what `later` says of the same events; nil if it does not.
    ///
    /// What has gone since is not compared, nor where things stand in segments that have been rewritten since.
    package func difference(from later: StoreIndex) -> String? {
        guard eventCount <= later.eventCount, image.lastIndex <= later.image.lastIndex else {
            return "it covers \(eventCount) events, the log has \(later.eventCount)"
        }
        for position in 0..<eventCount where !later.gone.contains(position) {
            let (mine, other) = (location(of: position), later.location(of: position))
            guard mine == other || mine.segment == other.segment && mine.generation < other.generation else {
                return "it has event \(position) elsewhere than the log"
            }
            // Where events are missing, streams are numbered anew, and fingerprints are made with the numbers.
            guard later.isSparse || image.fingerprints[position] == later.image.fingerprints[position] else {
                return "it has another id or stream for event \(position) than the log"
            }
        }
        guard streams.count <= later.streams.count || later.isSparse else { return "it has more streams than the log" }
        return differenceOfFacts(from: later) ?? differenceOfStreams(from: later)
            ?? types.difference(from: later.types, later, "type") ?? tags.difference(from: later.tags, later, "tag")
    }

    private func differenceOfFacts(from later: StoreIndex) -> String? {
        guard image.lastIndex == later.image.lastIndex else { return nil }
        for space in FactSpace.allCases {
            let (mine, other) = (facts[space].entries(prefix: FactKey()), later.facts[space].entries(prefix: FactKey()))
            let isSame = mine.elementsEqual(other) { mine, other in
                mine.key == other.key && mine.size == other.size && mine.small == other.small
                    && (mine.location == other.location || later.generation(of: other) > generation(of: mine))
            }
            guard isSame else { return "it has other facts about \(space) than the log" }
        }
        return nil
    }

    private func generation(of entry: FactTable.Entry) -> UInt32 {
        image.segments.first { $0.first == entry.location.segment }?.generation ?? 0
    }

    private func differenceOfStreams(from later: StoreIndex) -> String? {
        for number in 0..<UInt32(streams.count) {
            let mine = streams[number]
            // Where events are missing, streams are numbered anew, and one with none left is not there.
            let otherNumber = later.streams.number(of: mine.name)
            guard otherNumber == number || later.isSparse else {
                return "it calls stream \(number) '\(mine.name)', the log does not"
            }
            let other = otherNumber.map { later.streams[$0].positions } ?? PositionList()
            for version in mine.positions.base..<mine.positions.count {
                let position = mine.positions[version]
                guard !later.gone.contains(Int(position)) else { continue }
                guard other.base..<other.count ~= version else {
                    return "it has version \(version) of stream '\(mine.name)', the log does not"
                }
                guard other[version] == position else {
                    return "it has version \(version) of stream '\(mine.name)' elsewhere than the log"
                }
            }
        }
        return nil
    }
}

extension NameTable {
    /// How the positions under each name differ from those that a later index has, as far as they are not gone.
    fileprivate func difference(from other: NameTable, _ later: StoreIndex, _ what: String) -> String? {
        func left(_ list: PositionList) -> [UInt32] {
            var left: [UInt32] = []
            list.forEachChunk { chunk in left += chunk.filter { !later.gone.contains(Int($0)) } }
            return left
        }
        for number in 0..<UInt32(count) {
            let mine = left(self[number].positions)
            let theirs = other.number(of: self[number].name).map { left(other[$0].positions) } ?? []
            guard theirs.starts(with: mine) else {
                return "it has other events of \(what) '\(self[number].name)' than the log"
            }
        }
        return nil
    }
}
