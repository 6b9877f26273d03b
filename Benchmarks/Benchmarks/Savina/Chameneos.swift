import Benchmark
import Mangrove
import World

private let creatures = 100
private let meetings = 200_000

func registerChameneos() {
    // Creatures meet by twos at one mall, and change their colours, until it closes.
    Benchmark("chameneos", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.runCrew { crew, watch in
            let finish = Finish()
            let mall = try await crew.start { _ in Mall(finish) }
            let all = try await crew.start(creatures) { number, context in
                Chameneo(number % 3, mall, try context.ref(as: Chameneo.self))
            }
            var met = 0
            try await watch.time(operations: meetings) {
                for creature in all { try creature.cast { try $0.arrive() } }
                met = await finish.sum(of: creatures)
            }
            try check("meetings, of both who met", met, is: 2 * meetings)
        }
    }
}

private actor Mall: ProcessActor {
    private var remaining = meetings
    private var waiting: (Ref<Chameneo>, colour: Int)?
    private let finish: Finish

    init(_ finish: Finish) { self.finish = finish }

    func arrive(_ creature: Ref<Chameneo>, _ colour: Int) throws {
        guard remaining > 0 else { return try creature.cast { try $0.fade() } }
        guard let (other, otherColour) = waiting else {
            waiting = (creature, colour)
            return
        }
        remaining -= 1
        waiting = nil
        try other.cast { try $0.meet(colour) }
        try creature.cast { try $0.meet(otherColour) }
    }

    func faded(after met: Int) { finish.tell(met) }
}

private actor Chameneo: ProcessActor {
    private var colour: Int
    private var met = 0
    private let mall: Ref<Mall>
    private let itself: Ref<Chameneo>

    init(_ colour: Int, _ mall: Ref<Mall>, _ itself: Ref<Chameneo>) {
        self.colour = colour
        self.mall = mall
        self.itself = itself
    }

    func arrive() throws {
        try mall.cast { [itself, colour] in try $0.arrive(itself, colour) }
    }

    func meet(_ other: Int) throws {
        met += 1
        // The colour that neither has, or their own if both have one.
        if colour != other { colour = 3 - colour - other }
        try arrive()
    }

    func fade() throws {
        try mall.cast { [met] in $0.faded(after: met) }
    }
}
