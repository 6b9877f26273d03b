/// One place in the memory of a mailbox's queue: the closure of a cast that runs without suspending, or the envelope of a message
/// of any other kind, in two words.
struct MessageSlot {
    /// What is more than a closure, kept apart.
    private final class Envelope: Sendable {
        let message: Message

        init(_ message: Message) { self.message = message }
    }

    /// A closure as it is: by itself, as a value of any type, it would be wrapped in another one.
    private struct Cast {
        let turn: SyncTurn
    }

    /// How far apart places are.
    static var stride: Int { MemoryLayout<Cast>.stride }

    static var alignment: Int { MemoryLayout<Cast>.alignment }

    /// The place's memory. What is in it belongs to the place: it is put in once, and taken out or destroyed once.
    ///
    /// The first word of a closure is its code and never zero, which is how an optional closure finds room for nil; where it is zero
    /// here, the second word is an envelope.
    private let memory: UnsafeMutableRawPointer

    @inline(__always)
    init(_ memory: UnsafeMutableRawPointer, _ place: Int) {
        self.memory = memory + place &* Self.stride
    }

    private var envelope: UnsafeMutablePointer<Envelope> {
        (memory + MemoryLayout<UInt>.stride).assumingMemoryBound(to: Envelope.self)
    }

    private var cast: UnsafeMutablePointer<Cast> { memory.assumingMemoryBound(to: Cast.self) }

    /// Whether a cast that runs without suspending is in it.
    @inline(__always)
    var hasSyncCast: Bool { memory.load(as: UInt.self) != 0 }

    /// Puts a cast that runs without suspending into it.
    @inline(__always)
    func put(cast turn: @escaping SyncTurn) {
        cast.initialize(to: Cast(turn: turn))
    }

    func put(_ message: Message) {
        if let turn = message.syncCast {
            put(cast: turn)
        } else {
            memory.storeBytes(of: 0, as: UInt.self)
            envelope.initialize(to: Envelope(message))
        }
    }

    /// What is in it; it stays there.
    var message: Message {
        hasSyncCast ? Message(work: .sync(cast.pointee.turn)) : envelope.pointee.message
    }

    func take() -> Message {
        hasSyncCast ? Message(work: .sync(cast.move().turn)) : envelope.move().message
    }

    /// Takes a cast out of it that runs without suspending, which is known to be there.
    @inline(__always)
    func takeSyncCast() -> SyncTurn { cast.move().turn }

    func destroy() {
        if hasSyncCast { cast.deinitialize(count: 1) } else { envelope.deinitialize(count: 1) }
    }
}
