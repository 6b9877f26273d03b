/// The messages of one process, oldest first, and how many of them count against its bound.
struct Mailbox: ~Copyable, Sendable {
    private var queue = MessageQueue()
    /// Those who wait for room, first come first served; the mailbox is full while there are any.
    private var waiting = RingQueue<RoomRequest>()
    /// Messages that count: neither signals, nor calls whose callers have gone, nor what was dropped.
    private(set) var bounded = 0
    private var forgotten: Int32 = 0
    /// Messages that are not casts which run without suspending.
    private var others: Int32 = 0
    /// How many of the first messages are known not to count.
    private var exempt: Int32 = 0
    /// Requests for room whose makers have gone.
    private var withdrawn: Int32 = 0
    /// How many messages were dropped for want of room, in all.
    private(set) var dropped: UInt64 = 0
    /// Whether messages have been dropped since the mailbox was last at most half full.
    private var isDropping = false

    var isEmpty: Bool { queue.isEmpty }

    /// Whether nothing is in it and nobody waits for room.
    var isDeserted: Bool { queue.isEmpty && waiting.isEmpty }

    /// How many messages wait, signals and forgotten calls included.
    var count: Int { queue.count }

    mutating func append(_ message: Message) {
        if let call = message.call {
            guard call.place == .outside else { return }
            call.place = .queued
        }
        if !message.isSignal { bounded += 1 }
        if !message.isSyncCast { others += 1 }
        queue.append(message)
    }

    /// As ``append(_:)``, for a cast that runs without suspending.
    @inline(__always)
    mutating func appendCast(_ turn: @escaping SyncTurn) {
        bounded += 1
        queue.append(cast: turn)
    }

    /// The next message that somebody still wants done.
    mutating func popFirst() -> Message? {
        while let message = queue.popFirst() {
            if !message.isSyncCast { others -= 1 }
            if exempt > 0 { exempt -= 1 }
            guard let call = message.call else {
                if case .dropped = message.work {
                    forgotten -= 1
                    continue
                }
                if !message.isSignal { bounded -= 1 }
                return message
            }
            let wasForgotten = call.place == .forgotten
            call.place = .taken
            if wasForgotten { forgotten -= 1 } else { bounded -= 1 }
            if call.claim() { return message }
        }
        return nil
    }

    /// Moves the next messages that can run in one go into `batch`, which is empty: all of them, if all can.
    mutating func moveSyncCasts(to batch: inout MessageQueue) {
        if others == 0 {
            swap(&queue, &batch)
            bounded = 0
            return
        }
        while batch.count < 128, let turn = queue.popSyncCast() {
            bounded -= 1
            batch.append(cast: turn)
        }
    }

    /// Takes over the memory of `batch` for the next messages, when neither has any: but not that of a burst.
    mutating func settle(with batch: inout MessageQueue) {
        if queue.isEmpty, batch.isEmpty { swap(&queue, &batch) }
        queue.giveBack()
    }

    /// The caller of a message has gone: it no longer counts. Those that are only waiting to be skipped are swept out once
    /// they are most of what waits, so that callers who keep giving up on a stuck process do not fill its memory.
    mutating func forget(_ call: any QueuedCall) {
        switch call.place {
        case .outside:
            call.place = .forgotten
        case .queued:
            call.place = .forgotten
            bounded -= 1
            forgotten += 1
            if forgotten > 32, Int(forgotten) * 2 > queue.count { sweep() }
        case .waiting:
            call.place = .forgotten
            withdraw()
        case .forgotten, .taken:
            break
        }
    }

    /// Empties the mailbox.
    /// - Returns: the messages, and those that waited for room.
    mutating func takeAll() -> (messages: [Message], requests: [RoomRequest]) {
        bounded = 0
        forgotten = 0
        others = 0
        exempt = 0
        withdrawn = 0
        return (queue.takeAll(), waiting.takeAll())
    }

    private mutating func sweep() {
        for message in queue.takeAll() where message.call?.place != .forgotten {
            if case .dropped = message.work { continue }
            queue.append(message)
        }
        others -= forgotten
        forgotten = 0
        exempt = 0
    }

    // MARK: Overflow

    /// Gives up the oldest message that counts, to make room.
    /// - Returns: the message, or nil if there is none.
    mutating func dropOldest() -> Message? {
        // Those found exempt once are not looked at again: a drop costs the same however many signals wait.
        while exempt < queue.count, let message = queue[Int(exempt)] {
            if message.isSignal || message.call?.place == .forgotten || message.work.isDropped {
                exempt += 1
                continue
            }
            if exempt == 0 {
                _ = queue.popFirst()
                if !message.isSyncCast { others -= 1 }
            } else {
                if message.isSyncCast { others += 1 }
                queue.replace(at: Int(exempt), with: Message(work: .dropped))
                forgotten += 1
            }
            message.call?.place = .taken
            bounded -= 1
            if forgotten > 32, Int(forgotten) * 2 > queue.count { sweep() }
            return message
        }
        return nil
    }

    /// Counts a message that was dropped.
    /// - Returns: whether it is the first of a burst.
    mutating func countDrop() -> Bool {
        dropped += 1
        defer { isDropping = true }
        return !isDropping
    }

    /// Leaves a message outside until there is room for it.
    mutating func await(_ request: RoomRequest) {
        let requester = request.requester
        guard requester.place == .outside else { return }
        requester.place = .waiting
        waiting.append(request)
    }

    /// Lets in those who wait for room, as far as there is any, after messages were taken out.
    mutating func admit(limit: Int) {
        if isDropping, bounded <= limit / 2 { isDropping = false }
        while bounded < limit, let request = waiting.popFirst() {
            if request.requester.place == .forgotten {
                withdrawn -= 1
            } else if let admission = request.admission {
                admission.place = .taken
                if admission.succeed(()) { append(request.message) }
            } else {
                request.requester.place = .outside
                append(request.message)
            }
        }
    }

    /// Whether taking messages out may concern anyone: if not, ``admit(limit:)`` has nothing to do.
    var isCrowded: Bool { isDropping || !waiting.isEmpty }

    private mutating func withdraw() {
        withdrawn += 1
        guard withdrawn > 32, Int(withdrawn) * 2 > waiting.count else { return }
        for request in waiting.takeAll() where request.requester.place != .forgotten { waiting.append(request) }
        withdrawn = 0
    }
}

/// A message whose sender or caller waits until there is room for it.
struct RoomRequest: Sendable {
    let message: Message
    /// Whom to tell when it has been let in; nil for a call, which goes on waiting for its answer.
    let admission: AnswerWaiter<Void>?
    let requester: any QueuedCall

    /// A call that waits for room.
    init(call: any QueuedCall, _ message: Message) {
        self.message = message
        admission = nil
        requester = call
    }

    /// A message whose sender waits for room.
    init(_ message: Message, telling admission: AnswerWaiter<Void>) {
        self.message = message
        self.admission = admission
        requester = admission
    }
}
