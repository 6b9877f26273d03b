/// A supervisor's children in the order in which they start, each found by its id in constant time.
///
/// A child is reached by its *place*, which is good until the next change of the list. Places of children that have gone
/// are left empty and swept up when they are more than half of all.
struct ChildList: Sendable {
    private var records: [SupervisorMachine.ChildRecord?] = []
    private var places: [ChildID: Int] = [:]

    init(_ records: [SupervisorMachine.ChildRecord]) {
        self.records.reserveCapacity(records.count)
        places.reserveCapacity(records.count)
        for record in records { append(record) }
    }

    /// How many children there are.
    var count: Int { places.count }

    /// All children, in order.
    var all: [SupervisorMachine.ChildRecord] { records.compactMap { $0 } }

    /// The children from a place on, in order.
    func from(_ place: Int) -> [SupervisorMachine.ChildRecord] { records[place...].compactMap { $0 } }

    /// The children before a place, in order.
    func before(_ place: Int) -> [SupervisorMachine.ChildRecord] { records[..<place].compactMap { $0 } }

    func place(of id: ChildID) -> Int? { places[id] }

    subscript(id: ChildID) -> SupervisorMachine.ChildRecord? {
        places[id].flatMap { records[$0] }
    }

    /// Adds a child at the end; its id must be new.
    mutating func append(_ record: SupervisorMachine.ChildRecord) {
        places[record.id] = records.count
        records.append(record)
    }

    mutating func update(_ id: ChildID, _ change: (inout SupervisorMachine.ChildRecord) -> Void) {
        guard let place = places[id], var record = records[place].take() else { return }
        change(&record)
        records[place] = record
    }

    mutating func remove(_ id: ChildID) {
        guard let place = places.removeValue(forKey: id) else { return }
        records[place] = nil
        if records.count > 2 * places.count + 16 {
            let left = all
            records = left
            for (place, record) in left.enumerated() { places[record.id] = place }
        }
    }
}
