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
}
