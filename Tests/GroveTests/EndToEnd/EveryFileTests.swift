import Foundation
import Mangrove
import MangroveStore
import Testing

/// What becomes of a node when something happens to one of its files, whichever it is.
@Suite("The program: every file of a data directory")
struct EveryFileTests {
    private static let stores = ["orders", "stock", "far"]

    /// The events of a store, as they were acknowledged.
    private static func lines(_ store: String) -> String {
        (0..<40).map { number in
            "{\"stream\":\"\(store)-\(number % 3)\",\"type\":\"t\",\"data\":{\"n\":\(number)},\"id\":\"\(number)\"}\n"
        }.joined()
    }

    /// A data directory with a file of every kind that there is.
    private func filled() async throws -> Site {
        let site = Site()
        let far = try site.directory("disk")
        for store in Self.stores {
            let place = store == "far" ? ["--setting", "directory=\(far)/far"] : []
            try await succeed(site, ["stores", "create", store] + place)
            #expect(try await site.grove("import", store, input: Self.lines(store)).code == 0)
        }
        try await succeed(site, ["subscriptions", "orders", "create", "mails"])
        try await succeed(site, ["projections", "orders", "create", "sums", "--sum", "n=n"])
        try await succeed(site, ["truncate", "stock", "stock-0", "--before", "2"])
        try await succeed(site, ["stores", "create", "gone"])
        try await succeed(site, ["stores", "remove", "gone"])
        try await succeed(site, ["token", "create"])
        return site
    }

    private func succeed(_ site: Site, _ words: [String]) async throws {
        let outcome = try await Program.run(Site.program, site.onData(words))
        #expect(outcome.code == 0, "\(words): \(outcome.errors)")
    }

    /// All files, or all directories, below a path.
    private func paths(below path: String, _ kind: DiskEntryKind) throws -> [String] {
        let disk = POSIXDisk()
        var found: [String] = []
        for name in try disk.list(path).sorted() {
            let inner = path + "/" + name
            let own = try disk.kind(of: inner)
            if own == kind { found.append(inner) }
            if own == .directory { found += try paths(below: inner, kind) }
        }
        return found
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = try POSIXDisk().open(path, .replace)
        defer { file.close() }
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
    }

    /// Reads all of every store: what is read must be what was acknowledged, or be refused with a reason.
    /// - Returns: the stores that could be read.
    private func look(_ site: Site, _ whole: [String: String], _ what: String) async throws -> Set<String> {
        var readable: Set<String> = []
        for store in Self.stores {
            let outcome = try await site.grove("read", store, "--all")
            if outcome.code == 0 {
                #expect(outcome.output == whole[store], "\(what): \(store) was read as it never was")
                readable.insert(store)
            } else {
                #expect((1...5).contains(outcome.code), "\(what): \(store): \(outcome.code) \(outcome.errors)")
                #expect(outcome.errors.hasPrefix("grove: ") && outcome.errors.count > 20, "\(what): \(outcome.errors)")
            }
        }
        return readable
    }

    /// What there was in the beginning; whoever looks at a data directory may write to it.
    private struct Beginning {
        let root: String
        let whole: [String: String]

        init(_ site: Site) async throws {
            root = String(site.data.dropLast("/data".count))
            var whole: [String: String] = [:]
            for store in EveryFileTests.stores { whole[store] = try await site.grove("read", store, "--all").output }
            self.whole = whole
            for name in ["data", "disk"] {
                try FileManager.default.copyItem(atPath: root + "/" + name, toPath: root + "/good-" + name)
            }
        }

        func restore() throws {
            for name in ["data", "disk"] {
                try? FileManager.default.removeItem(atPath: root + "/" + name)
                try FileManager.default.copyItem(atPath: root + "/good-" + name, toPath: root + "/" + name)
            }
        }

        /// A file or directory belongs to one store at most.
        func others(than path: String) -> [String] {
            EveryFileTests.stores.filter { !(path + "/").contains("/\($0)/") }
        }
    }

    @Test("A byte that flips in any file is harmless, or said; no event is lost in silence, and the other stores serve")
    func flips() async throws {
        let site = try await filled()
        let beginning = try await Beginning(site)
        var kinds: Set<String> = []
        for path in try paths(below: site.data, .file) + paths(below: beginning.root + "/disk", .file) {
            let good = try site.bytes(of: path)
            guard !good.isEmpty else { continue }
            kinds.insert(String(path.split(separator: "/").last?.filter { !$0.isNumber } ?? ""))
            for offset in Set([0, good.count / 2, good.count - 1]) {
                try beginning.restore()
                var bad = good
                bad[offset] ^= 0x08
                try write(bad, to: path)
                let what = "\(path.dropFirst(beginning.root.count)) at \(offset)"
                let readable = try await look(site, beginning.whole, what)
                #expect(readable.isSuperset(of: beginning.others(than: path)), "\(what): \(readable) are served")
            }
        }
        try beginning.restore()
        #expect(try await look(site, beginning.whole, "in the end") == Set(Self.stores))
        #expect(try await site.grove("verify").code == 0)
        let expected = [".log", "manifest", "index-.checkpoint", "configuration", "access-secret", "elsewhere"]
        #expect(kinds.isSuperset(of: expected))
    }

    @Test(
        "A directory that is deleted, whichever it is, is missed and never taken for an empty store, and the others serve"
    )
    func deletedDirectories() async throws {
        let site = try await filled()
        let beginning = try await Beginning(site)
        for path in try paths(below: site.data, .directory) + paths(below: beginning.root + "/disk", .directory) {
            try beginning.restore()
            try FileManager.default.removeItem(atPath: path)
            let what = "without \(path.dropFirst(beginning.root.count))"
            let readable = try await look(site, beginning.whole, what)
            #expect(readable.isSuperset(of: beginning.others(than: path)), "\(what): \(readable) are served")
            // Indexes are made anew from the log.
            if path.hasSuffix("/snapshots") { #expect(readable == Set(Self.stores), "\(what)") }
        }
    }
}
