/// A timer that knows its place in a ``TimerHeap``.
package protocol HeapedTimer: AnyObject {
    /// When it is due.
    var deadline: RuntimeInstant { get }
    /// Its place in the heap, or nil while it is in none. Only the heap touches it.
    var heapIndex: Int? { get set }
}

/// Timers ordered by deadline, and by insertion where deadlines are equal; any of them is removed in logarithmic time.
package struct TimerHeap<Timer: HeapedTimer> {
    private var entries: [(timer: Timer, order: UInt64)] = []
    private var inserted: UInt64 = 0

    package init() {}

    package var first: Timer? { entries.first?.timer }

    package var count: Int { entries.count }

    package mutating func insert(_ timer: Timer) {
        entries.append((timer, inserted))
        inserted += 1
        timer.heapIndex = entries.count - 1
        moveUp(entries.count - 1)
    }

    /// - Returns: whether the timer was in the heap.
    package mutating func remove(_ timer: Timer) -> Bool {
        guard let index = timer.heapIndex else { return false }
        timer.heapIndex = nil
        let last = entries.removeLast()
        if index < entries.count {
            entries[index] = last
            last.timer.heapIndex = index
            moveDown(index)
            moveUp(index)
        }
        return true
    }

    private func isEarlier(_ first: Int, _ second: Int) -> Bool {
        let (a, b) = (entries[first], entries[second])
        return a.timer.deadline == b.timer.deadline ? a.order < b.order : a.timer.deadline < b.timer.deadline
    }

    private mutating func exchange(_ first: Int, _ second: Int) {
        entries.swapAt(first, second)
        entries[first].timer.heapIndex = first
        entries[second].timer.heapIndex = second
    }

    private mutating func moveUp(_ start: Int) {
        var index = start
        while index > 0, isEarlier(index, (index - 1) / 2) {
            exchange(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func moveDown(_ start: Int) {
        var index = start
        while true {
            var earliest = index
            for child in [2 * index + 1, 2 * index + 2] where child < entries.count && isEarlier(child, earliest) {
                earliest = child
            }
            guard earliest != index else { return }
            exchange(index, earliest)
            index = earliest
        }
    }
}
