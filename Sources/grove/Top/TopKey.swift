/// A key that was pressed.
enum TopKey: Equatable {
    case up, down, left, right, pageUp, pageDown, home, end, enter, escape, backspace
    case character(Character)
}

/// Makes keys of the bytes that a terminal sends, however they are cut into pieces.
struct TopKeyReader {
    private var pending: [UInt8] = []

    /// Takes what has come.
    /// - Parameter isAll: nothing more is on its way, so that an escape without anything behind it is the key itself.
    mutating func take(_ bytes: [UInt8], isAll: Bool) -> [TopKey] {
        pending += bytes
        var keys: [TopKey] = []
        while let (length, key) = next(isAll) {
            pending.removeFirst(length)
            if let key { keys.append(key) }
        }
        return keys
    }

    /// How many bytes the next key takes, and which it is if it means anything; nil if there is not enough yet.
    private func next(_ isAll: Bool) -> (Int, TopKey?)? {
        guard let first = pending.first else { return nil }
        switch first {
        case 0x1B: return sequence(isAll)
        case 0x0D, 0x0A: return (1, .enter)
        case 0x7F, 0x08: return (1, .backspace)
        // Control and C, as nobody else hears of it while keys come one by one.
        case 0x03, 0x04: return (1, .character("q"))
        case ..<0x20: return (1, nil)
        case ..<0x80: return (1, .character(Character(Unicode.Scalar(first))))
        default:
            let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
            guard pending.count >= length else { return isAll ? (pending.count, nil) : nil }
            let text = String(decoding: pending.prefix(length), as: UTF8.self)
            return (length, text.count == 1 && text != "\u{FFFD}" ? text.first.map(TopKey.character) : nil)
        }
    }

    private func sequence(_ isAll: Bool) -> (Int, TopKey?)? {
        guard pending.count > 1 else { return isAll ? (1, .escape) : nil }
        guard pending[1] == UInt8(ascii: "[") || pending[1] == UInt8(ascii: "O") else { return (1, .escape) }
        guard let end = pending.dropFirst(2).firstIndex(where: { 0x40...0x7E ~= $0 }) else {
            return isAll || pending.count > 16 ? (pending.count, nil) : nil
        }
        let key: TopKey? =
            switch String(decoding: pending[2...end], as: UTF8.self) {
            case "A": .up
            case "B": .down
            case "C": .right
            case "D": .left
            case "H", "1~", "7~": .home
            case "F", "4~", "8~": .end
            case "5~": .pageUp
            case "6~": .pageDown
            default: nil
            }
        return (end + 1, key)
    }
}
