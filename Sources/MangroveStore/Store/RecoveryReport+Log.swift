extension RecoveryReport {
    /// Whether something was mended that an operator should know of.
    var isNotable: Bool { torn != nil || unfinishedSegment != nil || !ignoredCheckpoints.isEmpty }

    /// The report in one line, for the log.
    var summary: String {
        var parts = ["\(events) events", "\(facts) facts", "\(records) records replayed"]
        if let checkpoint { parts.append("checkpoint at \(checkpoint) events") }
        if let torn { parts.append("cut \(torn.bytes) bytes off \(torn.file) at \(torn.offset): \(torn.what)") }
        if let unfinishedSegment { parts.append("finished the creation of \(unfinishedSegment)") }
        for ignored in ignoredCheckpoints { parts.append("ignored checkpoint: \(ignored)") }
        return parts.joined(separator: "; ")
    }
}
