import Mangrove

/// Reads a checkpoint file in pieces, so that loading needs no second copy of the index in memory.
struct CheckpointReader {
    /// Why a checkpoint cannot be used.
    enum Failure: Error {
        case disk(DiskError)
        case malformed(Malformed)
    }

    private let file: any DiskFile
    private let size: Int
    private var piece: [UInt8] = []
    private var taken = 0
    private var loaded = 0
    private var checksum = CRC32C()

    /// Reads the checkpoint in `file`.
    static func read(
        _ file: any DiskFile,
        identity: StoreIdentity
    ) throws(Failure) -> StoreIndex.Contents {
        // Twice over the file: nothing in it is believed, and no memory taken for it, before its checksum is right.
        var first = try CheckpointReader(file)
        try first.checkSum()
        var second = try CheckpointReader(file)
        return try second.parse(identity)
    }

    private init(_ file: any DiskFile) throws(Failure) {
        self.file = file
        do throws(DiskError) {
            size = try file.size() - 4
        } catch {
            throw .disk(error)
        }
        guard size > 0 else { throw .malformed(Malformed("it is empty")) }
    }

    private mutating func checkSum() throws(Failure) {
        while loaded < size {
            try load()
            piece.withUnsafeBytes { checksum.update($0) }
        }
        let last: [UInt8]
        do throws(DiskError) {
            last = try file.bytes(at: size, count: 4)
        } catch {
            throw .disk(error)
        }
        var stored: [UInt8] = []
        stored.append(little: checksum.value)
        guard stored == last else { throw .malformed(Malformed("its checksum is wrong")) }
    }

    private mutating func parse(_ identity: StoreIdentity) throws(Failure) -> StoreIndex.Contents {
        guard try number(UInt64.self) == CheckpointFormat.magic else {
            throw .malformed(Malformed("it is no checkpoint"))
        }
        let format = try number(UInt32.self)
        guard format == CheckpointFormat.version else {
            throw .malformed(Malformed("its format \(format) is not known"))
        }
        let owner = StoreIdentity(high: try number(), low: try number())
        guard owner == identity else { throw .malformed(Malformed("it belongs to another store")) }
        var image = StoreIndex.Image()
        image.lastIndex = try number()
        image.lastTerm = try number()
        let events = try count()
        let streamCount = try count()
        for _ in 0..<(try count()) {
            image.segments.append(
                .init(
                    first: try number(),
                    position: try count(),
                    end: try count(),
                    generation: try number(),
                    decided: try number(),
                    lastTerm: try number(),
                    factBytes: try count(),
                    hasFacts: try number(UInt8.self) == 1
                )
            )
        }
        try numbers(events) { (offset: UInt32) in
            image.offsets.append(offset)
            return true
        }
        try numbers(events) { (fingerprint: UInt64) in
            image.fingerprints.append(fingerprint)
            return true
        }
        let streams = try names(streamCount, events)
        let types = try names(try count(), events)
        let tags = try names(try count(), events)
        var facts = FactTables()
        for _ in 0..<(try count()) {
            guard let space = FactSpace(rawValue: try number()) else {
                throw .malformed(Malformed("it has facts of a space that is not known"))
            }
            facts[space].set(try fact())
        }
        guard taken == piece.count, loaded == size else { throw .malformed(Malformed("it is too long")) }
        return StoreIndex.Contents(image: image, streams: streams, types: types, tags: tags, facts: facts)
    }

    private mutating func names(_ number: Int, _ events: Int) throws(Failure) -> ChunkedArray<NameTable.Entry> {
        var names = ChunkedArray<NameTable.Entry>()
        for _ in 0..<number {
            let length = Int(try self.number(UInt16.self))
            var entry = NameTable.Entry(name: String(decoding: try bytes(length), as: UTF8.self))
            entry.positions = PositionList(base: try count())
            var least: UInt32 = 0
            try numbers(try count()) { (position: UInt32) in
                guard position >= least, position < events else { return false }
                least = position + 1
                entry.positions.append(position)
                return true
            }
            names.append(entry)
        }
        return names
    }

    private mutating func fact() throws(Failure) -> FactTable.Entry {
        let key = FactKey(try bytes(Int(try number(UInt16.self))))
        let location = RecordLocation(segment: try number(), offset: Int(try number(UInt32.self)))
        let size = Int(try number(UInt32.self))
        let isSmall = try number(UInt8.self) == 1
        guard isSmall == (size <= FactTable.smallValue) else {
            throw .malformed(Malformed("it has a value where none should be, or none where one should be"))
        }
        return FactTable.Entry(key: key, size: size, small: isSmall ? try bytes(size) : nil, location: location)
    }

    private mutating func number<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ type: Integer.Type = Integer.self
    ) throws(Failure) -> Integer {
        let size = MemoryLayout<Integer>.size
        if piece.count - taken < size { try refill(size) }
        defer { taken += size }
        return piece.withUnsafeBytes {
            Integer(littleEndian: $0.loadUnaligned(fromByteOffset: taken, as: Integer.self))
        }
    }

    /// Takes many numbers, as many at a time as are loaded.
    /// - Parameter take: what to do with each; false if it cannot be right.
    private mutating func numbers<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ count: Int,
        _ take: (Integer) -> Bool
    ) throws(Failure) {
        let size = MemoryLayout<Integer>.size
        var left = count
        while left > 0 {
            if piece.count - taken < size { try refill(size) }
            let here = min(left, (piece.count - taken) / size)
            let start = taken
            let isRight = piece.withUnsafeBytes { bytes in
                (0..<here).allSatisfy { number in
                    take(
                        Integer(
                            littleEndian: bytes.loadUnaligned(fromByteOffset: start + number * size, as: Integer.self)
                        )
                    )
                }
            }
            guard isRight else { throw .malformed(Malformed("it has numbers past its end or out of order")) }
            taken += here * size
            left -= here
        }
    }

    private mutating func count() throws(Failure) -> Int {
        // Nothing it counts takes less than a byte of the file.
        guard let count = Int(exactly: try number(UInt64.self)), count <= max(size, 1 << 32) else {
            throw .malformed(Malformed("it counts too many"))
        }
        return count
    }

    private mutating func bytes(_ count: Int) throws(Failure) -> [UInt8] {
        if piece.count - taken < count { try refill(count) }
        defer { taken += count }
        return Array(piece[taken..<taken + count])
    }

    /// Makes sure that `needed` bytes are in the piece.
    private mutating func refill(_ needed: Int) throws(Failure) {
        let rest = Array(piece[taken...])
        try load()
        piece = rest + piece
        taken = 0
        guard piece.count >= needed else { throw .malformed(Malformed("it ends too early")) }
    }

    private mutating func load() throws(Failure) {
        do throws(DiskError) {
            piece = try file.bytes(at: loaded, count: min(1 << 20, size - loaded))
        } catch {
            throw .disk(error)
        }
        guard !piece.isEmpty || loaded == size else { throw .malformed(Malformed("it ends too early")) }
        loaded += piece.count
    }
}
