extension StoreSettings {
    /// The settings that a configuration can give, with what each may be.
    private struct Number {
        var name: String
        var range: ClosedRange<Int>
        var set: @Sendable (inout StoreSettings, Int) -> Void

        init(_ name: String, _ range: ClosedRange<Int>, _ set: @escaping @Sendable (inout StoreSettings, Int) -> Void) {
            self.name = name
            self.range = range
            self.set = set
        }
    }

    private static let numbers = [
        Number("segmentBytes", 4_096...(1 << 30)) { $0.segmentBytes = $1 },
        Number("partitions", 1...1_024) { $0.partitions = $1 },
        Number("gatewayWorkers", 1...1_024) { $0.gatewayWorkers = $1 },
        Number("writerIdleMilliseconds", 1...86_400_000) { $0.writerIdle = .milliseconds($1) },
        Number("checkpointIntervalMilliseconds", 1...86_400_000) { $0.checkpointInterval = .milliseconds($1) },
        Number("checkpointEvents", 1...1_000_000_000) { $0.checkpointEvents = $1 },
        Number("lowDiskBytes", 0...(1 << 50)) { $0.lowDiskBytes = $1 },
        Number("monitorIntervalMilliseconds", 1...86_400_000) { $0.monitorInterval = .milliseconds($1) },
        Number("retryLimitMilliseconds", 0...3_600_000) { $0.retryLimit = .milliseconds($1) },
        Number("maximumAppendBytes", 1...(48 << 20)) { $0.maximumAppendBytes = $1 },
    ]

    /// The names a configuration may use.
    public static var configurationNames: [String] { numbers.map(\.name) }

    /// Reads settings from a JSON object of numbers, such as `{"segmentBytes": 1048576}`; what it does not name keeps its
    /// default.
    /// - Throws: ``StoreError/invalid(_:)`` naming the member that is unknown, not a whole number, or out of range.
    public init(configuration text: [UInt8]) throws(StoreError) {
        self.init()
        let object: JSONObject
        do throws(JSONError) {
            object = try JSONText.object(text)
        } catch {
            throw .invalid("the configuration is not a JSON object: \(error)")
        }
        for member in object.members {
            guard let known = Self.numbers.first(where: { $0.name == member.name }) else {
                let names = Self.configurationNames.joined(separator: ", ")
                throw .invalid("the configuration has no setting '\(member.name)'; there are \(names)")
            }
            guard let value = Int(String(decoding: text[member.value], as: UTF8.self)) else {
                throw .invalid("the setting '\(member.name)' must be a whole number")
            }
            guard known.range.contains(value) else {
                throw .invalid(
                    "the setting '\(member.name)' must be from \(known.range.lowerBound) to \(known.range.upperBound)"
                )
            }
            known.set(&self, value)
        }
    }
}
