import Foundation

// Does the work of one hot path so many times, and nothing else that depends on how often: what two runs of different length
// differ by is the path's own. `.ci/hot-paths` runs it under callgrind.
//
//     hot-paths call 10000

let words = CommandLine.arguments.dropFirst()
guard words.count == 2, let name = words.first, let path = hotPaths[name], let count = Int(words[2]), count > 0 else {
    let names = hotPaths.keys.sorted().joined(separator: " ")
    FileHandle.standardError.write(Data("usage: hot-paths PATH COUNT; the paths are \(names)\n".utf8))
    exit(2)
}
// The main thread waits here and does not become one of the pool's, which callgrind does not survive.
Task.detached {
    do {
        try await path(count)
        exit(0)
    } catch {
        FileHandle.standardError.write(Data("hot-paths: \(name): \(error)\n".utf8))
        exit(1)
    }
}
while true { sleep(3_600) }
