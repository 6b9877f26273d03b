import MangroveStore

/// A page of HTML that shows a node's tree as `grove top` does, in one file that needs nothing else.
struct TreePage {
    /// The node's data directory.
    var name: String
    /// The tree as JSON, at two looks.
    var before: String
    var now: String
    /// The time between them.
    var seconds: Double
    /// When the second was, in microseconds since 1970.
    var microseconds: Int
    /// What the stores' metrics say, at both.
    var storesBefore: [String: TopSnapshot.Store]
    var stores: [String: TopSnapshot.Store]

    /// The page.
    var html: String {
        let title = Self.escaped("\(name) · grove tree")
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <header><h1>\(Self.escaped(name))</h1><p id="summary"></p><p id="when"></p></header>
            <p><input id="find" type="search" placeholder="find a process ( / )" aria-label="Find a process">
            <label><input id="trouble" type="checkbox"> only what is in trouble ( f )</label></p>
            <div id="parts"><table><thead><tr><th>process<th>restarts<th>waiting<th>turns/s<th>age<th>lately
            </tr></thead><tbody id="rows" role="tree" tabindex="0" aria-label="Processes"></tbody></table>
            <aside id="details" aria-live="polite"></aside></div>
            <p><kbd>↑</kbd> <kbd>↓</kbd> move, <kbd>←</kbd> <kbd>→</kbd> fold, <kbd>/</kbd> find, <kbd>f</kbd> in trouble</p>
            <noscript>This page needs JavaScript to show its tree.</noscript>
            <script type="application/json" id="data">\(data)</script>
            <script>\(Self.script)</script>
            </body>
            </html>

            """
    }

    private var data: String {
        var list: [String] = []
        for (id, store) in stores.sorted(by: { $0.key < $1.key }) {
            let appended = max(0, store.appended - (storesBefore[id]?.appended ?? 0))
            list.append(
                JSONText.quoted(id)
                    + ":{\"appended\":\(appended),\"lag\":\(store.lag),\"parked\":\(store.parked)}"
            )
        }
        let all =
            "{\"milliseconds\":\(microseconds / 1_000),\"seconds\":\(max(seconds, 0.001)),\"before\":\(before),"
            + "\"now\":\(now),\"stores\":{\(list.joined(separator: ","))}}"
        // What stands in a script element must not look like its end, or like a comment, to HTML.
        return all.replacing("<", with: "\\u003c")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
