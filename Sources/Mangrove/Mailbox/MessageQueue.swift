/// The messages of a mailbox, first in, first out, in a ring that grows by doubling.
///
/// Nearly all messages of a busy mailbox are casts that run without suspending, and of these nothing is kept but the closure: a
/// place takes two words, so that four of them share a line of the processor's cache. What is more than that is kept apart.
///
/// A mailbox's every message goes through it, so it moves messages in and out of plain memory, without the checks and counts of
/// an array; it has exactly one owner, which the compiler sees to.
// Safe: the memory belongs to this value alone, which cannot be copied, and messages are Sendable.
struct MessageQueue: ~Copyable, @unchecked Sendable {
    /// Initialised are the `filled` places from `head` on, and only they.
    private var slots: UnsafeMutableRawPointer?
    private var capacity: UInt32 = 0
    private var head: UInt32 = 0
    private var filled: UInt32 = 0

    init() {}

    deinit {
        guard let slots else { return }
        for offset in 0..<filled { MessageSlot(slots, Int((head &+ offset) & (capacity &- 1))).destroy() }
        slots.deallocate()
    }

    var count: Int { Int(filled) }

    var isEmpty: Bool { filled == 0 }

    /// Whether the first message is one that runs without suspending and that nobody waits for.
    var beginsWithSyncCast: Bool {
        guard filled > 0, let slots else { return false }
        return MessageSlot(slots, Int(head)).hasSyncCast
    }

    private func place(_ offset: UInt32) -> Int { Int((head &+ offset) & (capacity &- 1)) }

    /// The message `offset` places behind the first; nil if there are not so many.
    subscript(offset: Int) -> Message? {
        guard offset >= 0, offset < count, let slots else { return nil }
        return MessageSlot(slots, place(UInt32(offset))).message
    }

    /// Puts another message in the place of one, if it is there.
    mutating func replace(at offset: Int, with message: Message) {
        guard offset >= 0, offset < count, let slots else { return }
        let slot = MessageSlot(slots, place(UInt32(offset)))
        slot.destroy()
        slot.put(message)
    }

    mutating func append(_ message: Message) {
        if filled == capacity { grow() }
        guard let slots else { return }
        MessageSlot(slots, place(filled)).put(message)
        filled += 1
    }

    /// As ``append(_:)``, for a cast that runs without suspending.
    @inline(__always)
    mutating func append(cast turn: @escaping SyncTurn) {
        if filled == capacity { grow() }
        guard let slots else { return }
        MessageSlot(slots, place(filled)).put(cast: turn)
        filled += 1
    }

    mutating func popFirst() -> Message? {
        guard filled > 0, let slots else { return nil }
        let message = MessageSlot(slots, Int(head)).take()
        passFirst()
        giveBack()
        return message
    }

    /// As ``popFirst()``, where the first message is a cast that runs without suspending. No memory is given back, so that a queue
    /// which is filled and emptied over and over need not grow each time.
    /// - Returns: what to run; nil if there is no such message.
    @inline(__always)
    mutating func popSyncCast() -> SyncTurn? {
        guard filled > 0, let slots else { return nil }
        let slot = MessageSlot(slots, Int(head))
        guard slot.hasSyncCast else { return nil }
        let turn = slot.takeSyncCast()
        passFirst()
        return turn
    }

    @inline(__always)
    private mutating func passFirst() {
        head = (head &+ 1) & (capacity &- 1)
        filled -= 1
    }

    /// Gives memory back where the queue is empty and has much of it, so that a burst long ago does not cost for ever.
    mutating func giveBack() {
        if filled == 0, capacity > 1_024 { release() }
    }

    /// All messages in order; the queue is empty afterwards.
    mutating func takeAll() -> [Message] {
        var all: [Message] = []
        all.reserveCapacity(count)
        while let message = popFirst() { all.append(message) }
        return all
    }

    /// Forgets all messages.
    mutating func removeAll() {
        while popFirst() != nil {}
    }

    private mutating func release() {
        slots?.deallocate()
        slots = nil
        capacity = 0
        head = 0
    }

    private mutating func grow() {
        let larger = max(4, capacity * 2)
        let size = MessageSlot.stride
        let memory = UnsafeMutableRawPointer.allocate(byteCount: Int(larger) * size, alignment: MessageSlot.alignment)
        if let slots {
            // What is moved bit by bit is the same afterwards, and not to be destroyed where it was.
            let untilEnd = Int(min(filled, capacity - head))
            memory.copyMemory(from: slots + Int(head) * size, byteCount: untilEnd * size)
            (memory + untilEnd * size).copyMemory(from: slots, byteCount: (Int(filled) - untilEnd) * size)
            slots.deallocate()
        }
        slots = memory
        capacity = larger
        head = 0
    }
}
