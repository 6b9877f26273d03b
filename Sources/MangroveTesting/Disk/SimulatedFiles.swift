import Mangrove

/// The bytes of a simulated file: as programs see them, as they are on the platter, and what is on its way.
struct SimulatedInode: Sendable {
    /// A change that is not durable yet.
    enum Change: Sendable {
        case write(offset: Int, bytes: [UInt8])
        case resize(Int)
    }

    var current: [UInt8] = []
    var durable: [UInt8] = []
    var pending: [Change] = []

    mutating func write(_ bytes: [UInt8], at offset: Int) {
        Self.apply(.write(offset: offset, bytes: bytes), to: &current)
        pending.append(.write(offset: offset, bytes: bytes))
    }

    mutating func resize(_ size: Int) {
        // Systems take this for no change, even if the size on the platter is another.
        guard size != current.count else { return }
        Self.apply(.resize(size), to: &current)
        pending.append(.resize(size))
    }

    mutating func flush() {
        for change in pending { Self.apply(change, to: &durable) }
        pending = []
    }

    /// Lets a part of what is on its way arrive, and forgets the rest as a system does whose flush failed: it is still
    /// seen, but no later flush brings it to the platter.
    mutating func settle(_ generator: inout SeededGenerator) {
        for change in pending {
            for part in Self.survivors(of: change, durable.count, &generator) { Self.apply(part, to: &durable) }
        }
        pending = []
    }

    /// Goes back to what is on the platter.
    mutating func revert() {
        pending = []
        current = durable
    }

    private static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .write(let offset, let new):
            if bytes.count < offset + new.count {
                bytes.append(contentsOf: [UInt8](repeating: 0, count: offset + new.count - bytes.count))
            }
            bytes.replaceSubrange(offset..<offset + new.count, with: new)
        case .resize(let size):
            if size < bytes.count {
                bytes.removeLast(bytes.count - size)
            } else {
                bytes.append(contentsOf: [UInt8](repeating: 0, count: size - bytes.count))
            }
        }
    }

    /// What a crash leaves of one change to a file that has `size` bytes on the platter.
    private static func survivors(of change: Change, _ size: Int, _ generator: inout SeededGenerator) -> [Change] {
        guard case .write(let offset, let bytes) = change else {
            return Bool.random(using: &generator) ? [change] : []
        }
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: return []
        case 1: return [change]
        case 2:
            let kept = Int.random(in: 0...bytes.count, using: &generator)
            return [.write(offset: offset, bytes: Array(bytes.prefix(kept)))]
        case 3:
            // The file has grown, the bytes have not arrived. What was there before is not touched.
            let end = offset + bytes.count
            return end > size ? [.resize(end)] : []
        default:
            return sectors(offset, bytes).filter { _ in Bool.random(using: &generator) }
        }
    }

    /// A write cut at the boundaries of the platter's sectors.
    private static func sectors(_ offset: Int, _ bytes: [UInt8]) -> [Change] {
        let sector = 512
        var parts: [Change] = []
        var start = 0
        while start < bytes.count {
            let end = min(((offset + start) / sector + 1) * sector - offset, bytes.count)
            parts.append(.write(offset: offset + start, bytes: Array(bytes[start..<end])))
            start = end
        }
        return parts
    }
}

/// The directories of a simulated disk, as programs see them and as they are on the platter.
struct SimulatedTree: Sendable {
    enum Entry: Sendable, Equatable {
        case file(Int)
        case directory(Int)
    }

    /// A change of directories that is not durable yet. A rename is one change: it happens or it does not.
    struct Change: Sendable {
        var removed: (directory: Int, name: String)?
        var added: (directory: Int, name: String, entry: Entry)?

        func concerns(_ directory: Int) -> Bool {
            removed?.directory == directory || added?.directory == directory
        }

        func apply(to directories: inout [Int: [String: Entry]]) {
            if let removed {
                // Of a rename, only the entry that was moved goes away.
                let present = directories[removed.directory]?[removed.name]
                if added == nil || present == added?.entry { directories[removed.directory]?[removed.name] = nil }
            }
            if let added {
                directories[added.directory, default: [:]][added.name] = added.entry
                if case .directory(let number) = added.entry, directories[number] == nil { directories[number] = [:] }
            }
        }
    }

    static let root = 0

    var current: [Int: [String: Entry]] = [root: [:]]
    var durable: [Int: [String: Entry]] = [root: [:]]
    var pending: [Change] = []

    mutating func change(_ change: Change) {
        change.apply(to: &current)
        pending.append(change)
    }

    mutating func sync(_ directory: Int) {
        for change in pending where change.concerns(directory) { change.apply(to: &durable) }
        pending.removeAll { $0.concerns(directory) }
    }

    mutating func settle(_ generator: inout SeededGenerator) {
        for change in pending where Bool.random(using: &generator) { change.apply(to: &durable) }
        pending = []
    }

    /// What a path names, or nil.
    func find(_ path: String) -> Entry? { Self.find(path, in: current) }

    /// What a path names on the platter, or nil.
    func findDurable(_ path: String) -> Entry? { Self.find(path, in: durable) }

    private static func find(_ path: String, in directories: [Int: [String: Entry]]) -> Entry? {
        var entry = Entry.directory(Self.root)
        for component in Self.components(path) {
            guard case .directory(let number) = entry, let next = directories[number]?[component] else { return nil }
            entry = next
        }
        return entry
    }

    /// The directory that holds, or would hold, what a path names; and the name in it.
    func parent(_ path: String) -> (directory: Int, name: String)? {
        var components = Self.components(path)
        guard let name = components.popLast() else { return nil }
        guard case .directory(let number) = find(components.joined(separator: "/")) else { return nil }
        return (number, name)
    }

    /// Numbers of files and directories that are on the platter and can be reached.
    func reachable() -> (files: Set<Int>, directories: Set<Int>) {
        var files: Set<Int> = []
        var directories: Set<Int> = [Self.root]
        var next = [Self.root]
        while let directory = next.popLast() {
            for entry in (durable[directory] ?? [:]).values {
                switch entry {
                case .file(let number): files.insert(number)
                case .directory(let number):
                    if directories.insert(number).inserted { next.append(number) }
                }
            }
        }
        return (files, directories)
    }

    /// A path's parts; absolute and relative ones are the same here.
    static func components(_ path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.map { String($0) }
    }
}
