extension SupervisorMachine {
    enum Step {
        case start(ChildID)
        case stop(ChildID)
    }

    /// What a supervisor does with its children, one after the other: stops, last child first, then starts, first child first.
    struct Plan: Sendable {
        /// What is left to do, last step first.
        private var steps: [Step] = []

        /// Nothing.
        init() {}

        /// Starts of all children in a range.
        init(starting range: Range<Int>, of children: ChildList) {
            steps.reserveCapacity(range.count)
            for place in range.reversed() where children.isTaken(place) { steps.append(.start(children[at: place].id)) }
        }

        /// Stops of all children in a range, but for one.
        init(stopping range: Range<Int>, of children: ChildList, butFor spared: Int? = nil) {
            steps.reserveCapacity(range.count)
            addStops(range, children, butFor: spared)
        }

        /// A restart of one child and those in a range: the one is down already; temporary ones do not come back with it.
        init(restarting place: Int, with range: Range<Int>, of children: ChildList) {
            steps.reserveCapacity(2 * range.count)
            for other in range.reversed() where children.isTaken(other) {
                guard other == place || children[at: other].restart != .temporary else { continue }
                steps.append(.start(children[at: other].id))
            }
            addStops(range, children, butFor: place)
        }

        /// Starts of those children in a range that are stopped, but for one.
        init(startingStopped range: Range<Int>, of children: ChildList, butFor spared: Int) {
            for place in range.reversed() where place != spared && children.isTaken(place) {
                if case .stopped = children[at: place].state { steps.append(.start(children[at: place].id)) }
            }
        }

        /// A single step.
        init(_ step: Step) {
            steps = [step]
        }

        private mutating func addStops(_ range: Range<Int>, _ children: ChildList, butFor spared: Int?) {
            for place in range where place != spared && children.isTaken(place) {
                steps.append(.stop(children[at: place].id))
            }
        }

        mutating func popNext() -> Step? { steps.popLast() }
    }
}
