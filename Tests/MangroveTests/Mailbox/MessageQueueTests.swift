import MangroveTesting
import Testing

@testable import Mangrove

@Suite("The queue of a mailbox") struct MessageQueueTests {
    /// Counts how many of it there are.
    private final class Token: Sendable {
        private let count: Lock<Int>
        init(_ count: Lock<Int>) {
            self.count = count
            count.withLock { $0 += 1 }
        }
        deinit { count.withLock { $0 -= 1 } }
    }

    private static func message(_ token: Token, _ said: @escaping @Sendable () -> Void) -> Message {
        Message(work: .sync { _ in withExtendedLifetime(token) { said() } })
    }

    @Test("Whatever is put in and taken out comes out once and in order, and nothing is kept", arguments: Seeds(50))
    func order(seed: UInt64) throws {
        let living = Lock(0)
        let heard = Lock<[Int]>([])
        var chance = SeededGenerator(seed: seed)
        var expected: [Int] = []
        do {
            var queue = MessageQueue()
            var model: [Int] = []
            for number in 0..<3_000 {
                // Long runs in one direction, so that it grows, wraps around and gives its memory back.
                let puts = chance.next() % 100 < ((number / 500).isMultiple(of: 2) ? 80 : 20)
                if puts {
                    queue.append(Self.message(Token(living)) { heard.withLock { $0.append(number) } })
                    model.append(number)
                } else {
                    let message = queue.popFirst()
                    #expect((message == nil) == model.isEmpty)
                    try message?.syncCast?(Token(living))
                    if !model.isEmpty { expected.append(model.removeFirst()) }
                }
                #expect(queue.count == model.count)
                #expect(queue.isEmpty == model.isEmpty)
                #expect(queue.beginsWithSyncCast == !model.isEmpty)
            }
            #expect(living.withLock { $0 } == model.count)
            queue.replace(at: model.count - 1, with: Message(work: .dropped))
            #expect(living.withLock { $0 } == max(0, model.count - 1))
            #expect(queue[model.count] == nil && queue[-1] == nil)
        }
        #expect(heard.withLock { $0 } == expected)
        // The queue has gone, and with it what was still in it.
        #expect(living.withLock { $0 } == 0)
    }

    @Test("What is taken all at once comes in order across the seam of the ring")
    func takeAll() {
        let living = Lock(0)
        let heard = Lock<[Int]>([])
        var queue = MessageQueue()
        for number in 0..<3 { queue.append(Self.message(Token(living)) { heard.withLock { $0.append(number) } }) }
        _ = queue.popFirst()
        for number in 3..<9 { queue.append(Self.message(Token(living)) { heard.withLock { $0.append(number) } }) }
        for message in queue.takeAll() { try? message.syncCast?(Token(living)) }
        #expect(heard.withLock { $0 } == Array(1..<9))
        #expect(queue.isEmpty && living.withLock { $0 } == 0)
    }

    /// A message of any kind that keeps a token: a cast that does not suspend, one that may, a signal, an urgent one.
    private static func anyMessage(_ kind: UInt64, _ token: Token) -> Message {
        switch kind {
        case 0: return Self.message(token) {}
        case 1: return Message(work: .async { _ in withExtendedLifetime(token) {} })
        case 2: return Message(work: .sync { _ in withExtendedLifetime(token) {} }, isSignal: true)
        default:
            var message = Self.message(token) {}
            message.isUrgent = true
            return message
        }
    }

    @Test("Messages of all kinds keep what they are, in any mixture, and none is kept", arguments: Seeds(30))
    func mixture(seed: UInt64) {
        let living = Lock(0)
        var chance = SeededGenerator(seed: seed)
        do {
            var queue = MessageQueue()
            var kinds: [UInt64] = []
            for round in 0..<2_000 {
                if chance.next() % 100 < ((round / 300).isMultiple(of: 2) ? 75 : 25) {
                    let kind = chance.next() % 4
                    queue.append(Self.anyMessage(kind, Token(living)))
                    kinds.append(kind)
                } else if kinds.first == 0, chance.next().isMultiple(of: 2) {
                    #expect(queue.popSyncCast() != nil)
                    kinds.removeFirst()
                } else {
                    // Nothing is taken that is no cast.
                    if kinds.first != 0 { #expect(queue.popSyncCast() == nil) }
                    let message = queue.popFirst()
                    let kind = kinds.isEmpty ? nil : kinds.removeFirst()
                    #expect(message?.isSyncCast == kind.map { $0 == 0 })
                    #expect(message?.isSignal == kind.map { $0 == 2 })
                    #expect(message?.isUrgent == kind.map { $0 == 3 })
                    var isAsync = false
                    if case .async = message?.work { isAsync = true }
                    #expect(isAsync == (kind == 1))
                }
                #expect(queue.count == kinds.count)
            }
            #expect(living.withLock { $0 } == kinds.count)
        }
        #expect(living.withLock { $0 } == 0)
    }
}
