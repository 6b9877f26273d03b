/// What the node's side of a connection knows: how many calls are under way, what is to be written, and how far the
/// connection is from its end.
///
/// It ends in order, when no more requests come and every answer is written, or at once, when it is cut.
struct ServerConnectionMachine {
    /// What the reading thread is to do.
    enum Reading: Sendable, Equatable {
        case next
        case stop
    }

    /// What the writing thread is to do.
    enum Writing: Sendable, Equatable {
        case frame(Frame)
        case stop
    }

    private let limit: Int
    private var underWay = 0
    private var outbox: [Frame] = []
    private var readingEnded = false
    private var cut = false
    /// Whether the writing thread is gone.
    private(set) var writerEnded = false

    /// A connection that reads no further while `limit` calls are under way: their sender has to wait.
    init(limit: Int) {
        self.limit = limit
    }

    /// Whether another request may be read, or nothing yet.
    func nextToRead() -> Reading? {
        if cut || readingEnded { return .stop }
        return underWay < limit ? .next : nil
    }

    /// A request was read.
    mutating func began() {
        underWay += 1
    }

    /// A request has its answer.
    mutating func answered(_ frames: [Frame]) {
        if !cut { outbox.append(contentsOf: frames) }
    }

    /// No request can come any more. `last` is what to say about that, if anything.
    mutating func endReading(_ last: Frame? = nil) {
        readingEnded = true
        if let last { outbox.append(last) }
    }

    /// What is to be written next, or nothing yet.
    mutating func nextToWrite() -> Writing? {
        if cut { return .stop }
        guard !outbox.isEmpty else { return readingEnded && underWay == 0 ? .stop : nil }
        let frame = outbox.removeFirst()
        // A call counts until its answer has left, so that answers nobody fetches do not pile up either.
        if frame.kind != .part, frame.call != 0 { underWay -= 1 }
        return .frame(frame)
    }

    /// The connection is of no more use: nothing more is read, and what is not yet written never will be.
    mutating func cutOff() {
        cut = true
        outbox = []
    }

    /// The writing thread ends.
    mutating func endWriting() {
        cutOff()
        writerEnded = true
    }
}
