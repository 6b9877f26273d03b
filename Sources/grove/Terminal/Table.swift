/// Rows of cells, aligned in columns two spaces apart.
struct Table {
    /// Which side of its column a cell stands on.
    enum Alignment: Sendable {
        case left
        case right
    }

    /// A piece of text and how it looks.
    struct Cell: ExpressibleByStringInterpolation, Sendable {
        var text: String
        var styles: [Style]

        init(_ text: String, _ styles: Style...) {
            self.text = text
            self.styles = styles
        }

        init(stringLiteral text: String) {
            self.init(text)
        }
    }

    private let alignments: [Alignment]
    private var rows: [[Cell]] = []

    /// A table with a column for each alignment; further columns are aligned left.
    init(_ alignments: Alignment...) {
        self.alignments = alignments
    }

    /// Adds a row.
    mutating func add(_ cells: Cell...) {
        rows.append(cells)
    }

    /// The rows as lines, each ending with a line end and none with spaces.
    func text(_ painter: Painter, indent: Int = 0) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = String(repeating: " ", count: indent)
            for (column, cell) in row.enumerated() {
                let gap = String(repeating: " ", count: widths[column] - cell.text.count)
                let isRight = column < alignments.count && alignments[column] == .right
                let isLast = column == row.count - 1
                line += isRight ? gap : ""
                line += painter.paint(cell.text, cell.styles)
                line += isLast ? "" : (isRight ? "" : gap) + "  "
            }
            return line + "\n"
        }.joined()
    }
}
