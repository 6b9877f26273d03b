public import Mangrove

/// A disk in memory that forgets, tears, fills up, fails and rots on request, the same way for the same seed.
///
/// It keeps two states: what programs see, and what is on the platter. A file's bytes and size get to the platter by a
/// flush, names in a directory by a sync of that directory. ``crash(_:)`` goes back to the platter, plus whatever part of
/// the rest the policy lets through. Safe from any thread; every operation happens at once.
public final class SimulatedDisk: Disk {
    let machine: Lock<SimulatedMachine>

    /// Makes an empty disk, on which only the root directory exists.
    /// - Parameter seed: decides what random crashes and failures leave.
    public init(seed: UInt64 = 0) {
        machine = Lock(SimulatedMachine(seed: seed))
    }

    // MARK: Faults

    /// Ends this life of the disk's programs: every file and lock of it is dead, and every later call on one throws
    /// `.closed`. The disk itself goes on with what the policy left.
    public func crash(_ policy: CrashPolicy) {
        machine.withLock { $0.crash(policy) }
    }

    /// Plans a ``crash(_:)`` right before the change after the next `count` ones: creating, writing, cutting, flushing,
    /// renaming, removing and syncing are changes. That change does not happen and throws `.closed`. Running a program with
    /// every count from 0 on crashes it at each of its steps.
    public func crash(after count: Int, _ policy: CrashPolicy) {
        machine.withLock { $0.crashPlan = (count, policy) }
    }

    /// Whether a planned crash is still to come.
    public var isCrashPlanned: Bool {
        machine.withLock { $0.crashPlan != nil }
    }

    /// Makes the next `count` flushes of files fail. A part of the unflushed bytes is durable then; the rest is still seen
    /// but, as with a real disk, no later flush makes it durable: only writing it again does.
    public func failNextFlush(_ count: Int = 1) {
        machine.withLock { $0.failingFlushes = count }
    }

    /// Makes the next `count` writes fail after a part of their bytes.
    public func failNextWrite(_ count: Int = 1) {
        machine.withLock { $0.failingWrites = count }
    }

    /// Makes the next `count` directory syncs fail.
    public func failNextSync(_ count: Int = 1) {
        machine.withLock { $0.failingSyncs = count }
    }

    /// Takes back every fault that is still to come, planned crashes and the capacity included.
    public func mend() {
        machine.withLock { machine in
            machine.crashPlan = nil
            machine.failingWrites = 0
            machine.failingFlushes = 0
            machine.failingSyncs = 0
            machine.capacity = nil
        }
    }

    /// The bytes all files together may have, or nil for no limit. A write beyond it stores what fits and throws `.full`.
    public var capacity: Int? {
        get { machine.withLock { $0.capacity } }
        set { machine.withLock { $0.capacity = newValue } }
    }

    /// Flips the bits of `mask` in one byte of a file, for programs and on the platter.
    /// - Throws: `DiskError` with `.notFound` if there is no such file or byte.
    public func corrupt(_ path: String, at offset: Int, xor mask: UInt8 = 0xFF) throws(DiskError) {
        try machine.withLock { machine throws(DiskError) in
            guard case .file(let number) = machine.tree.find(path), var node = machine.nodes[number],
                node.current.indices.contains(offset)
            else { throw DiskError(.notFound, "corrupt", path) }
            node.current[offset] ^= mask
            if node.durable.indices.contains(offset) { node.durable[offset] ^= mask }
            machine.nodes[number] = node
            machine.note(.flippedByte)
        }
    }

    /// A disk of its own with the same contents, durable and not. Nothing is open on it.
    /// - Parameter seed: decides what random crashes and failures leave; nil to go on as this disk would.
    public func copy(seed: UInt64? = nil) -> SimulatedDisk {
        let copy = SimulatedDisk()
        let state = machine.withLock { $0 }
        copy.machine.withLock { machine in
            machine = state
            machine.locks = [:]
            if let seed { machine.generator = SeededGenerator(seed: seed) }
        }
        return copy
    }

    // MARK: Observation

    /// Whether operations are recorded. Off at first.
    public var recording: Bool {
        get { machine.withLock { $0.recording } }
        set { machine.withLock { $0.recording = newValue } }
    }

    /// What was recorded.
    public var operations: [DiskOperation] {
        machine.withLock { $0.operations }
    }

    /// Records a note among the operations, if they are recorded.
    public func note(_ text: String) {
        machine.withLock { $0.record(.note(text)) }
    }

    /// How often each kind of fault has happened.
    public var faults: [DiskFault: Int] { machine.withLock { $0.faults } }

    /// How many crashes there were.
    var life: Int { machine.withLock { $0.life } }

    /// The bytes of a file that are safe from any crash: what is on the platter under that path; nil if nothing is.
    public func platter(_ path: String) -> [UInt8]? {
        machine.withLock { machine -> [UInt8]? in
            guard case .file(let number) = machine.tree.findDurable(path) else { return nil }
            return machine.nodes[number]?.durable
        }
    }

    /// Bytes in all files.
    public var usedSpace: Int {
        machine.withLock { $0.used }
    }

    // MARK: Disk

    /// The disk as the present life of the machine sees it: after the next crash every call throws `.closed`. For what
    /// belongs to one simulated program, which must not go on after its end.
    public func mount() -> any Disk {
        SimulatedMount(disk: self, life: machine.withLock { $0.life })
    }

    private var always: SimulatedMount { SimulatedMount(disk: self, life: nil) }

    /// Creates a directory; fine if it exists. Its parent must exist.
    /// - Throws: `DiskError`; nothing was created.
    public func createDirectory(_ path: String) throws(DiskError) { try always.createDirectory(path) }

    /// The names in a directory, sorted.
    /// - Throws: `DiskError`, with code `.notFound` if there is no such directory.
    public func list(_ path: String) throws(DiskError) -> [String] { try always.list(path) }

    /// What stands at `path`, or nil.
    public func kind(of path: String) throws(DiskError) -> DiskEntryKind? { try always.kind(of: path) }

    /// Opens a file.
    /// - Throws: `DiskError`: `.notFound` when opening a missing file for reading, `.exists` when creating one that is
    ///   there.
    public func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
        try always.open(path, mode)
    }

    /// Gives a file or directory another name, replacing a file that has it.
    /// - Throws: `DiskError`; nothing was renamed.
    public func rename(_ source: String, to destination: String) throws(DiskError) {
        try always.rename(source, to: destination)
    }

    /// Removes a file.
    /// - Throws: `DiskError`; nothing was removed.
    public func removeFile(_ path: String) throws(DiskError) { try always.removeFile(path) }

    /// Removes an empty directory.
    /// - Throws: `DiskError`; nothing was removed.
    public func removeDirectory(_ path: String) throws(DiskError) { try always.removeDirectory(path) }

    /// Makes the entries of a directory durable.
    /// - Throws: `DiskError`; none of them is durable by this call.
    public func syncDirectory(_ path: String) throws(DiskError) { try always.syncDirectory(path) }

    /// Takes the exclusive lock on the file at `path`, creating it if needed.
    /// - Returns: the lock, or the present holder's note.
    /// - Throws: `DiskError`; the lock was not taken.
    public func lock(_ path: String, note: String) throws(DiskError) -> DiskLockOutcome {
        try always.lock(path, note: note)
    }

    /// Bytes free: of the capacity, or of a terabyte if there is none.
    public func freeSpace(at path: String) throws(DiskError) -> Int { try always.freeSpace(at: path) }
}
