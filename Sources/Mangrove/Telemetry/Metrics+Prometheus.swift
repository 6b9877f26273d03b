extension Metrics {
    /// The metrics in Prometheus's text exposition format, version 0.0.4, to be served as
    /// `text/plain; version=0.0.4; charset=utf-8`.
    public var prometheus: String {
        var text = ""
        for family in families {
            let kind = family.kind
            text += "# HELP \(kind.name) \(Self.escaped(kind.help, quotes: false))\n"
            text += "# TYPE \(kind.name) \(kind.form.rawValue)\n"
            for sample in family.samples {
                switch sample.value {
                case .number(let number):
                    text += kind.name + Self.labels(sample.labels) + " " + Self.text(number) + "\n"
                case .histogram(let histogram):
                    text += Self.lines(of: histogram, kind.name, sample.labels)
                }
            }
        }
        return text
    }

    private static func lines(
        of histogram: MetricHistogram,
        _ name: String,
        _ labels: [(name: String, value: String)]
    ) -> String {
        var text = ""
        var sum: UInt64 = 0
        for (bound, count) in zip(histogram.bounds + [.infinity], histogram.counts) {
            sum += count
            text += "\(name)_bucket\(Self.labels(labels + [("le", Self.text(bound))])) \(sum)\n"
        }
        text += "\(name)_sum\(Self.labels(labels)) \(Self.text(histogram.sum))\n"
        text += "\(name)_count\(Self.labels(labels)) \(histogram.count)\n"
        return text
    }

    private static func labels(_ labels: [(name: String, value: String)]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    private static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: number).map { "\($0)" } ?? "\(number)"
    }

    /// Backslashes and line ends are escaped everywhere, quotes in label values.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        // By scalars: a carriage return and a line feed would be one character.
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
