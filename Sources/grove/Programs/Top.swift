import Mangrove
import MangroveStore

/// `grove top`: shows the node's tree, and how it changes, until it is told to stop; where there is no terminal, once.
///
/// - Parameter reconnect: finds the node again after it was lost.
func watchTree(
    _ options: TopOptions,
    _ gateway: any Gateway,
    _ console: Console,
    reconnect: Reconnect
) async throws -> ExitCode {
    let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
    let stop = Lock(false)
    let release = runtime.environment.signals.onFirst { _ in stop.withLock { $0 = true } }
    defer { release() }
    var watch = TreeWatch(gateway: gateway, model: TopModel(pace: options.pace), runtime: runtime)
    guard !options.once, console.outputTraits.isTerminal, let terminal = KeyTerminal() else {
        try await watch.printOnce(options, console)
        await runtime.shutdown()
        return .done
    }
    defer { terminal.release() }
    let painter = Painter(console.outputTraits)
    var keys = TopKeyReader()
    var drawn: [String] = []
    while true {
        await watch.look(reconnect)
        // A picture stays for as long as the pace says, but keys, a new size and a signal are seen at once.
        for _ in 0..<max(1, watch.model.pace * 10) {
            let view = TopView(name: options.dataDirectory, width: terminal.size.width, height: terminal.size.height)
            watch.model.scroll(room: view.room)
            let picture = view.picture(of: watch.model)
            let lines = picture.lines.enumerated().map { number, line in
                line.painted(painter, reversedTo: number == picture.selected ? view.width : nil)
            }
            if lines != drawn { terminal.draw(lines) }
            drawn = lines
            guard let bytes = terminal.read(milliseconds: 100), !stop.withLock({ $0 }) else {
                await runtime.shutdown()
                return .done
            }
            for key in keys.take(bytes, isAll: bytes.isEmpty) where watch.model.press(key, page: view.room) == .quit {
                await runtime.shutdown()
                return .done
            }
        }
    }
}

/// `grove tree --html`: writes a page of two looks a second apart, as rates take two.
func writeTreePage(_ options: TreeOptions, _ file: String, _ gateway: any Gateway) async throws -> ExitCode {
    let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
    let watch = TreeWatch(gateway: gateway, model: TopModel(pace: 1), runtime: runtime)
    let first = try await watch.rawLook()
    try await runtime.sleep(for: .seconds(1))
    let second = try await watch.rawLook()
    let stores = [first, second].map { TopSnapshot(microseconds: 0, roots: [], metrics: $0.metrics).stores }
    let page = TreePage(
        name: options.dataDirectory,
        before: first.tree,
        now: second.tree,
        seconds: Double(second.microseconds - first.microseconds) / 1e6,
        microseconds: second.microseconds,
        storesBefore: stores[0],
        stores: stores[1]
    )
    let (disk, html) = (runtime.environment.disk, page.html)
    let slash = file.lastIndex(of: "/")
    let directory = slash.map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
    let name = slash.map { String(file[file.index(after: $0)...]) } ?? file
    try await runtime.environment.blocking.run { try disk.replace(directory, name, with: Array(html.utf8)) }
    await runtime.shutdown()
    return .done
}

/// A gateway that is looked at again and again.
private struct TreeWatch {
    var gateway: any Gateway
    var model: TopModel
    let runtime: Runtime

    /// Looks, and notes why if there is nothing to see.
    mutating func look(_ reconnect: Reconnect) async {
        do {
            model.take(try await snapshot())
        } catch {
            model.problem = Failure(describing: error).message
            if let found = try? await reconnect() { gateway = found }
        }
    }

    /// Prints the picture of two looks, as rates take two.
    mutating func printOnce(_ options: TopOptions, _ console: Console) async throws {
        model.take(try await snapshot())
        try await runtime.sleep(for: .seconds(options.pace))
        model.take(try await snapshot())
        let width = console.outputTraits.isTerminal ? console.outputTraits.width : 80
        let view = TopView(name: options.dataDirectory, width: width, height: model.rows.count + TopView.frame)
        let painter = Painter(console.outputTraits)
        for line in view.picture(of: model).lines.dropLast() {
            try console.output.write(line.painted(painter, reversedTo: nil) + "\n")
        }
    }

    private func snapshot() async throws -> TopSnapshot {
        let look = try await rawLook()
        let roots = try TopNode.tree(Array(look.tree.utf8))
        return TopSnapshot(microseconds: look.microseconds, roots: roots, metrics: look.metrics)
    }

    /// The tree as JSON, the metrics, and when it was.
    func rawLook() async throws -> (microseconds: Int, tree: String, metrics: String) {
        let tree = try await gateway.tree(.json)
        let metrics = try await gateway.metrics()
        return (Int(runtime.clock.civilMicroseconds()), tree, metrics)
    }
}
