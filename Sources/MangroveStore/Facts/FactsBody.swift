/// The body of a record of facts: changes that take effect together.
///
/// ```
/// size
///    4  changes   how many: 1 or more; then each change:
///       1  space, see ``FactSpace``
///       2  size of the key, then the key
///       1  1 if the fact is set, 0 if it is removed
///       4  size of the value, then the value; a removed fact's is empty
/// ```
///
/// Of two changes of one fact the later counts.
package struct FactsBody {
    private var reader: ByteReader
    private var left: UInt32

    /// One change, pointing into the record.
    package struct Change {
        /// The space.
        package var space: FactSpace
        /// The key.
        package var key: FactKey
        /// The value, or nil if the fact is removed.
        package var value: UnsafeRawBufferPointer?

        /// Bytes that the change takes in a record.
        package var size: Int { FactsBody.size(key, value?.count ?? 0) }
    }

    /// Starts on the body of a whole frame, which must outlive this value.
    /// - Throws: ``Malformed`` if its start is no such body's.
    package init(frame: UnsafeRawBufferPointer) throws(Malformed) {
        reader = ByteReader(frame, at: RecordFormat.header)
        left = try reader.integer()
        guard left > 0 else { throw Malformed("the record has no facts") }
    }

    /// The next change; nil after the last.
    /// - Throws: ``Malformed``, also if bytes are left over after the last.
    package mutating func next() throws(Malformed) -> Change? {
        guard left > 0 else {
            guard reader.remaining == 0 else { throw Malformed("the record is longer than its facts") }
            return nil
        }
        left -= 1
        let number = try reader.integer(UInt8.self)
        guard let space = FactSpace(rawValue: number) else {
            throw Malformed("the space of facts \(number) is not known")
        }
        let key = FactKey(Array(try reader.slice(Int(try reader.integer(UInt16.self)))))
        let presence = try reader.integer(UInt8.self)
        guard presence <= 1 else { throw Malformed("a fact's presence mark is neither 0 nor 1") }
        let value = try reader.slice(Int(try reader.integer(UInt32.self)))
        guard presence == 1 || value.isEmpty else { throw Malformed("a removed fact has a value") }
        return Change(space: space, key: key, value: presence == 1 ? value : nil)
    }

    /// Bytes that one change takes.
    package static func size(_ key: FactKey, _ valueSize: Int) -> Int {
        8 + key.bytes.count + valueSize
    }

    /// Bytes that the frame of these changes takes.
    package static func size(of changes: [FactChange]) -> Int {
        changes.reduce(RecordFormat.header + 4) { $0 + size($1.key, $1.value?.count ?? 0) }
    }

    /// Appends a frame that is still to be sealed, see ``RecordEncoder/seal(_:at:size:flushed:)``. Lengths must be within
    /// their limits.
    package static func append(
        _ changes: [FactChange],
        term: UInt64,
        index: UInt64,
        size: Int,
        to bytes: inout [UInt8]
    ) {
        RecordEncoder.appendHeader(kind: RecordFormat.factsKind, term: term, index: index, size: size, to: &bytes)
        bytes.append(little: UInt32(truncatingIfNeeded: changes.count))
        for change in changes {
            bytes.append(change.space.rawValue)
            bytes.append(little: UInt16(truncatingIfNeeded: change.key.bytes.count))
            bytes.append(contentsOf: change.key.bytes)
            bytes.append(change.value == nil ? 0 : 1)
            bytes.append(little: UInt32(truncatingIfNeeded: change.value?.count ?? 0))
            bytes.append(contentsOf: change.value ?? [])
        }
    }
}
