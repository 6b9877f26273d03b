/// Finds what somebody meant to type.
package enum Spelling {
    /// The candidate nearest to `word`, if it is near enough to be worth suggesting; the first of several equally near.
    ///
    /// Near enough is: at most two slips, and fewer than half the letters of the candidate; or a beginning of it.
    package static func closest(to word: String, among candidates: [String]) -> String? {
        let ranked = candidates.map { (candidate: $0, distance: distance(word.lowercased(), $0.lowercased())) }
        if let best = ranked.min(by: { $0.distance < $1.distance }),
            best.distance <= 2, best.distance * 2 < best.candidate.count
        {
            return best.candidate
        }
        return word.count >= 2 ? candidates.first { $0.hasPrefix(word.lowercased()) } : nil
    }

    /// How many slips lead from one word to the other: a letter too much, missing, wrong, or two letters swapped.
    package static func distance(_ first: String, _ second: String) -> Int {
        let first = Array(first)
        let second = Array(second)
        var beforeLast: [Int] = []
        var last = Array(0...second.count)
        for row in first.indices {
            var current = [row + 1]
            for column in second.indices {
                let same = first[row] == second[column]
                var best = min(last[column] + (same ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[second.count]
    }
}
