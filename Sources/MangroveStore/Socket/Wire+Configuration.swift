/// How configurations, their records and what is wrong with them travel.
extension WireWriter {
    mutating func configurationListing(_ listing: ConfigurationListing) {
        let record = listing.record
        text(record.store)
        integer(record.version)
        text(record.eventType)
        data(record.content)
        optional(listing.problem) { $0.text($1) }
    }

    mutating func configurationMistake(_ mistake: ConfigurationMistake) {
        switch mistake.source {
        case .standard: byte(1)
        case .file(let path, let line, let column):
            byte(2)
            text(path)
            integer(line)
            integer(column)
        case .variable(let name):
            byte(3)
            text(name)
        case .option(let name):
            byte(4)
            text(name)
        case .record(let version):
            byte(5)
            integer(version)
        case .program: byte(6)
        }
        text(mistake.path)
        text(mistake.what)
    }
}

extension WireReader {
    mutating func configurationStatus() throws(WireError) -> ConfigurationRecord.Status {
        guard let status = ConfigurationRecord.Status(rawValue: try text()) else { throw WireError(what: "a status") }
        return status
    }

    mutating func configurationListing() throws(WireError) -> ConfigurationListing {
        let (store, version, type) = (try text(), try integer(), try text())
        let content = try data()
        guard let record = try? ConfigurationRecord(store: store, version: version, type: type, content: content) else {
            throw WireError(what: "a record of configuration")
        }
        return ConfigurationListing(
            record,
            problem: try optional { (reader) throws(WireError) in try reader.text() }
        )
    }

    mutating func configurationMistake() throws(WireError) -> ConfigurationMistake {
        let source: ConfigurationSource =
            switch try byte() {
            case 1: .standard
            case 2: .file(try text(), line: try integer(), column: try integer())
            case 3: .variable(try text())
            case 4: .option(try text())
            case 5: .record(version: try integer())
            case 6: .program
            default: throw WireError(what: "the source of a value")
            }
        return ConfigurationMistake(source, try text(), try text())
    }
}
