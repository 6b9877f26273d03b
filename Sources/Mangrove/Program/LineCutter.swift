/// Cuts bytes that come in pieces into lines of at most so many bytes.
struct LineCutter {
    private let limit: Int
    private var rest: [UInt8] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes a piece.
    /// - Parameter cutsLong: whether lines over the limit are cut; otherwise they are an error.
    /// - Returns: the lines that are complete now, and whether one was too long: nothing after it is looked at.
    mutating func take(_ piece: ArraySlice<UInt8>, cutsLong: Bool) -> (lines: [String], tooLong: Bool) {
        var lines: [String] = []
        var piece = piece
        while !piece.isEmpty {
            let end = piece.firstIndex(of: 0x0A)
            rest += piece[..<(end ?? piece.endIndex)]
            piece = end.map { piece[($0 + 1)...] } ?? []
            while rest.count > limit {
                guard cutsLong else { return (lines, true) }
                lines.append(String(decoding: rest[..<limit], as: UTF8.self))
                rest.removeFirst(limit)
            }
            guard end != nil else { break }
            lines.append(String(decoding: rest, as: UTF8.self))
            rest.removeAll(keepingCapacity: true)
        }
        return (lines, false)
    }

    /// The last line, where the output did not end with a line end.
    mutating func finish() -> [String] {
        guard !rest.isEmpty else { return [] }
        defer { rest = [] }
        return [String(decoding: rest, as: UTF8.self)]
    }
}
