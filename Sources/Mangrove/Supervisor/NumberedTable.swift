/// Values by number, for numbers that are given out in order.
///
/// Sixteen neighbours share one block, so that a value costs its own size and little more, where a dictionary would keep
/// half of its places empty. A block goes when the last of its values does; one that is left alone keeps a whole block.
/// Every operation takes a constant number of steps.
struct NumberedTable<Value> {
    fileprivate struct Block {
        var places: ContiguousArray<Value?>
        var filled = 0
    }

    private static var blockSize: Int { 16 }

    private var blocks: [Int: Block] = [:]
    private(set) var count = 0

    private static func block(of number: Int) -> Int { number / blockSize }
    private static func place(of number: Int) -> Int { number % blockSize }

    /// The value of a number; numbers are not negative.
    subscript(number: Int) -> Value? {
        blocks[Self.block(of: number)]?.places[Self.place(of: number)]
    }

    /// Gives a number a value.
    mutating func insert(_ number: Int, _ value: Value) {
        let place = Self.place(of: number)
        let isNew = Self.with(&blocks[Self.block(of: number)]) { block in
            var open = block.take() ?? Block(places: ContiguousArray(repeating: nil, count: Self.blockSize))
            let isNew = open.places[place] == nil
            open.places[place] = value
            if isNew { open.filled += 1 }
            block = open
            return isNew
        }
        if isNew { count += 1 }
    }

    /// Changes the value of a number, where it is; nothing happens if there is none.
    mutating func update(_ number: Int, _ change: (inout Value) -> Void) {
        let place = Self.place(of: number)
        Self.with(&blocks[Self.block(of: number)]) { block in
            // Taken out meanwhile, so that what is changed has one owner.
            guard var open = block.take() else { return }
            if var value = open.places[place].take() {
                change(&value)
                open.places[place] = value
            }
            block = open
        }
    }

    /// Has `body` work on one entry, which is looked up once.
    private static func with<Result>(_ block: inout Block?, _ body: (inout Block?) -> Result) -> Result {
        body(&block)
    }

    /// Takes the value of a number out.
    mutating func take(_ number: Int) -> Value? {
        let index = Self.block(of: number)
        guard let value = blocks[index]?.places[Self.place(of: number)].take() else { return nil }
        count -= 1
        blocks[index]?.filled -= 1
        if blocks[index]?.filled == 0 { blocks[index] = nil }
        return value
    }

    mutating func remove(_ number: Int) { _ = take(number) }
}

extension NumberedTable: Sequence {
    /// All values with their numbers, in the order of the numbers.
    func makeIterator() -> Array<(key: Int, value: Value)>.Iterator {
        var all: [(key: Int, value: Value)] = []
        all.reserveCapacity(count)
        for (index, block) in blocks.sorted(by: { $0.key < $1.key }) {
            for (place, value) in block.places.enumerated() {
                if let value { all.append((index * Self.blockSize + place, value)) }
            }
        }
        return all.makeIterator()
    }

    var underestimatedCount: Int { count }
}

extension NumberedTable: Sendable where Value: Sendable {}

extension NumberedTable.Block: Sendable where Value: Sendable {}
