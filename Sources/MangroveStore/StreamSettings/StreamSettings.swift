/// What a stream says of itself, and how much of it is kept.
public struct StreamSettings: Sendable, Equatable {
    /// One JSON value about the stream, UTF-8, at most 64 KiB; or nil.
    public var metadata: [UInt8]?
    /// How many of its newest events the stream keeps; nil for all. Not below 1.
    public var maxCount: Int?
    /// How long the stream keeps an event; nil for ever. More than nothing.
    public var maxAge: Duration?
    /// The first version that is kept, whatever else is set: what is below is gone for good. Raised by
    /// ``Gateway/truncate(_:in:before:)`` and by ``maxCount``, and never lowered; not looked at when settings are set.
    public internal(set) var firstVersion = 0
    /// Whether the stream has ended for good. Not looked at when settings are set.
    public internal(set) var isTombstone = false

    /// Makes settings; the defaults keep everything.
    public init(metadata: [UInt8]? = nil, maxCount: Int? = nil, maxAge: Duration? = nil) {
        self.metadata = metadata
        self.maxCount = maxCount
        self.maxAge = maxAge
    }

    /// The most bytes of metadata.
    static let maximumMetadata = 64 << 10

    /// Checks what can be checked without a store.
    /// - Throws: ``StoreError/invalid(_:)``.
    func check() throws(StoreError) {
        if let maxCount, maxCount < 1 { throw .invalid("a stream keeps at least one event, not \(maxCount)") }
        if let maxAge, maxAge.microseconds < 1 {
            throw .invalid("a stream keeps its events for a while, not for \(maxAge)")
        }
        guard let metadata else { return }
        guard metadata.count <= Self.maximumMetadata else {
            throw .invalid("a stream's metadata has at most \(Self.maximumMetadata) bytes, not \(metadata.count)")
        }
        do throws(JSONError) {
            try JSONText.check(metadata)
        } catch {
            throw .invalid("the metadata of a stream is not JSON: \(error)")
        }
    }
}

extension Duration {
    /// Whole microseconds; the most there can be for a longer time.
    var microseconds: Int64 {
        let (seconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000)
        if overflow { return components.seconds < 0 ? .min : .max }
        let (sum, tooLarge) = seconds.addingReportingOverflow(components.attoseconds / 1_000_000_000_000)
        return tooLarge ? .max : sum
    }
}

/// A change of how much of a stream is kept.
package enum StreamChange: Sendable, Equatable {
    /// These settings from now on.
    case settings(StreamSettings)
    /// Versions below this one are gone.
    case truncate(before: Int)
    /// All events are gone, and no more can come.
    case tombstone
}
