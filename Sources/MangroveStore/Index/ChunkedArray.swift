/// A growing array in pieces of 4,096: appending never moves what is there, and writing to one that was copied copies one
/// piece. So an append's cost does not depend on how much there is, nor on a checkpoint being written from a copy.
package struct ChunkedArray<Element: Sendable>: Sendable {
    private static var bits: Int { 12 }
    private static var size: Int { 1 << bits }

    private var chunks: [[Element]] = []
    /// How many elements there are.
    package private(set) var count = 0

    /// Makes an empty one.
    package init() {}

    /// The element at `index`, which must exist.
    package subscript(index: Int) -> Element {
        get { chunks[index >> Self.bits][index & (Self.size - 1)] }
        _modify { yield &chunks[index >> Self.bits][index & (Self.size - 1)] }
    }

    /// Adds an element at the end.
    package mutating func append(_ element: Element) {
        if count & (Self.size - 1) == 0 {
            chunks.append([])
            // The first piece grows as it needs, for small stores; later ones are known to fill.
            if count > 0 { chunks[chunks.count - 1].reserveCapacity(Self.size) }
        }
        chunks[chunks.count - 1].append(element)
        count += 1
    }

    /// Runs `body` on the elements in order, piece by piece.
    package func forEachChunk<Failure: Error>(_ body: ([Element]) throws(Failure) -> Void) throws(Failure) {
        for chunk in chunks { try body(chunk) }
    }
}
