/// The numbers of a runtime at one moment: families of counters, gauges and histograms, as a value.
///
/// ``prometheus`` renders them. Every family is declared with its name and meaning: those of `Mangrove` in
/// ``RuntimeMetrics``.
public struct Metrics: Sendable {
    /// The families, in the order in which they were added.
    public private(set) var families: [MetricFamily] = []

    /// Makes an empty set.
    public init() {}

    /// Adds one number of a family.
    /// - Parameter labels: the values of the family's labels, in their order; missing ones are empty, further ones ignored.
    public mutating func add(_ kind: MetricKind, _ labels: [String] = [], _ value: Double) {
        append(kind, labels, .number(value))
    }

    /// Adds one histogram of a family.
    public mutating func add(_ kind: MetricKind, _ labels: [String] = [], _ histogram: MetricHistogram) {
        append(kind, labels, .histogram(histogram))
    }

    /// Adds the families of `other`; those of one name are joined.
    public mutating func merge(_ other: Metrics) {
        for family in other.families {
            for sample in family.samples { append(family.kind, sample.labels.map(\.value), sample.value) }
        }
    }

    /// The number with those label values, or nil if there is none.
    public func value(_ name: String, _ labels: [String] = []) -> Double? {
        let samples = families.first { $0.kind.name == name }?.samples ?? []
        guard case .number(let number) = samples.first(where: { $0.labels.map(\.value) == labels })?.value else {
            return nil
        }
        return number
    }

    private mutating func append(_ kind: MetricKind, _ labels: [String], _ value: MetricFamily.Value) {
        let named = kind.labels.enumerated().map { index, name in
            (name: name, value: index < labels.count ? labels[index] : "")
        }
        let place = families.firstIndex { $0.kind.name == kind.name } ?? families.count
        if place == families.count { families.append(MetricFamily(kind: kind, samples: [])) }
        families[place].samples.append(MetricFamily.Sample(labels: named, value: value))
    }
}

/// The numbers of one name.
public struct MetricFamily: Sendable {
    /// What is counted.
    public let kind: MetricKind
    /// The numbers, which differ in their labels.
    public internal(set) var samples: [Sample]

    /// One number, or one histogram.
    public struct Sample: Sendable {
        /// What tells it from the others of its family.
        public let labels: [(name: String, value: String)]
        /// The number.
        public let value: Value
    }

    /// What a sample holds.
    public enum Value: Sendable {
        /// A counter's or a gauge's number.
        case number(Double)
        /// A histogram.
        case histogram(MetricHistogram)
    }
}

/// The declaration of a family of numbers.
public struct MetricKind: Sendable, Hashable {
    /// What kind of number it is, as Prometheus has it.
    public enum Form: String, Sendable {
        /// Only grows, from the start of the runtime.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts by size.
        case histogram
    }

    /// The name, by Prometheus's rules: a counter's ends in `_total`, and units are in it.
    public let name: String
    /// What kind of number it is.
    public let form: Form
    /// The names of its labels.
    public let labels: [String]
    /// What it counts, in a few words.
    public let help: String

    /// Declares a family.
    public init(_ name: String, _ form: Form, labels: [String] = [], help: String) {
        self.name = name
        self.form = form
        self.labels = labels
        self.help = help
    }
}

/// How many of something were at most so large, for several sizes.
public struct MetricHistogram: Sendable, Hashable {
    /// The upper bounds of the buckets, ascending; one without bound follows.
    public let bounds: [Double]
    /// How many fell into each bucket and not into the one before; one more than there are bounds.
    public let counts: [UInt64]
    /// The sum of all that were counted.
    public let sum: Double

    /// Makes one.
    public init(bounds: [Double], counts: [UInt64], sum: Double) {
        self.bounds = bounds
        self.counts = counts
        self.sum = sum
    }

    /// How many were counted.
    public var count: UInt64 { counts.reduce(0, +) }
}
