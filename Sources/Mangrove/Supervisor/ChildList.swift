/// A supervisor's children in the order in which they start, each found by its id in constant time.
///
/// A child is reached by its *place*, which is good until a child is removed. Places of children that have gone are left empty
/// and swept up when they are more than half of all.
struct ChildList: Sendable {
    private struct Slot: Sendable {
        var record: SupervisorMachine.ChildRecord
        var isTaken = true
    }

    private var slots: ContiguousArray<Slot> = []
    private var places: [ChildID: Int] = [:]

    init(_ records: [SupervisorMachine.ChildRecord]) {
        slots.reserveCapacity(records.count)
        places.reserveCapacity(records.count)
        for record in records { append(record) }
    }

    /// How many children there are.
    var count: Int { places.count }

    /// All children, in order.
    var all: [SupervisorMachine.ChildRecord] { slots.compactMap { $0.isTaken ? $0.record : nil } }

    /// Where children can be, in order.
    var range: Range<Int> { slots.indices }

    func place(of id: ChildID) -> Int? { places[id] }

    /// Whether a child is at a place.
    func isTaken(_ place: Int) -> Bool { slots[place].isTaken }

    /// The child at a place, where there is one: not copied to look at or change a part of it.
    subscript(at place: Int) -> SupervisorMachine.ChildRecord {
        _read { yield slots[place].record }
        _modify { yield &slots[place].record }
    }

    subscript(id: ChildID) -> SupervisorMachine.ChildRecord? {
        places[id].map { slots[$0].record }
    }

    /// Adds a child at the end; its id must be new.
    mutating func append(_ record: SupervisorMachine.ChildRecord) {
        places[record.id] = slots.count
        slots.append(Slot(record: record))
    }

    mutating func update(_ id: ChildID, _ change: (inout SupervisorMachine.ChildRecord) -> Void) {
        if let place = places[id] { change(&slots[place].record) }
    }

    mutating func remove(_ id: ChildID) {
        guard let place = places.removeValue(forKey: id) else { return }
        slots[place].isTaken = false
        // What it refers to is not kept until the sweep.
        slots[place].record.lastExit = nil
        slots[place].record.limits = nil
        if slots.count > 2 * places.count + 16 {
            slots.removeAll { !$0.isTaken }
            for (place, slot) in slots.enumerated() { places[slot.record.id] = place }
        }
    }
}
