/// The messages of a mailbox, first in, first out, in a ring that grows by doubling.
///
/// A mailbox's every message goes through it, so it moves messages in and out of plain memory, without the checks and counts of
/// an array; it has exactly one owner, which the compiler sees to.
// Safe: the memory belongs to this value alone, which cannot be copied, and messages are Sendable.
struct MessageQueue: ~Copyable, @unchecked Sendable {
    /// Initialised are the `filled` places from `head` on, and only they.
    private var slots: UnsafeMutablePointer<Message>?
    private var capacity: UInt32 = 0
    private var head: UInt32 = 0
    private var filled: UInt32 = 0

    init() {}

    deinit {
        guard let slots else { return }
        for offset in 0..<filled { (slots + Int((head &+ offset) & (capacity &- 1))).deinitialize(count: 1) }
        slots.deallocate()
    }

    var count: Int { Int(filled) }

    var isEmpty: Bool { filled == 0 }

    /// Whether the first message is one that runs without suspending and that nobody waits for.
    var beginsWithSyncCast: Bool {
        guard filled > 0, let slots else { return false }
        return (slots + Int(head)).pointee.isSyncCast
    }

    private func place(_ offset: UInt32) -> Int { Int((head &+ offset) & (capacity &- 1)) }

    /// The message `offset` places behind the first; nil if there are not so many.
    subscript(offset: Int) -> Message? {
        guard offset >= 0, offset < count, let slots else { return nil }
        return (slots + place(UInt32(offset))).pointee
    }

    /// Puts another message in the place of one, if it is there.
    mutating func replace(at offset: Int, with message: Message) {
        guard offset >= 0, offset < count, let slots else { return }
        (slots + place(UInt32(offset))).pointee = message
    }

    @inline(__always)
    mutating func append(_ message: consuming Message) {
        if filled == capacity { grow() }
        guard let slots else { return }
        (slots + place(filled)).initialize(to: message)
        filled += 1
    }

    mutating func popFirst() -> Message? {
        guard filled > 0, let slots else { return nil }
        let message = (slots + Int(head)).move()
        head = (head &+ 1) & (capacity &- 1)
        filled -= 1
        // An idle queue gives its memory back, so that a burst long ago does not cost for ever.
        if filled == 0, capacity > 1_024 { release() }
        return message
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
        let memory = UnsafeMutablePointer<Message>.allocate(capacity: Int(larger))
        if let slots {
            let untilEnd = min(filled, capacity - head)
            memory.moveInitialize(from: slots + Int(head), count: Int(untilEnd))
            (memory + Int(untilEnd)).moveInitialize(from: slots, count: Int(filled - untilEnd))
            slots.deallocate()
        }
        slots = memory
        capacity = larger
        head = 0
    }
}
