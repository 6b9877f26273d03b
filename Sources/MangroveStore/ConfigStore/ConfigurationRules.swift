/// What somebody wants of a store's record.
enum ConfigurationRequestedChange: Sendable, Equatable {
    case put(StoreConfiguration, ConfigurationRecord.Status)
    /// With the version whose content is wanted again.
    case rollback(to: ConfigurationRecord)
    case delete(erasing: Bool)
    /// There is such a store, or is to be: make a record of it, if there is none.
    case adopt(StoreConfiguration)
    case recover(ConfigurationRecord)
    /// The store is gone, as the record of that version wanted.
    case confirmRemoval(version: Int)
}

/// Decides what becomes of a store's record: values in, a value out.
struct ConfigurationRules {
    /// The templates that there are.
    var templates: Set<String>

    private static let longestAuthor = 512

    /// Decides on a change.
    /// - Parameter current: the record as it is; nil if there has never been one.
    /// - Parameter expected: which version it must be at: 0 for none, or one that was deleted; nil for any.
    /// - Returns: the version to be recorded, or nil if nothing changes.
    /// - Throws: ``StoreError``; nothing is to be done.
    func decide(
        _ change: ConfigurationRequestedChange,
        of store: String,
        current: ConfigurationRecord?,
        expecting expected: Int? = nil,
        by author: String,
        now: Timestamp
    ) throws(StoreError) -> ConfigurationRecord? {
        guard author.utf8.count <= Self.longestAuthor else {
            throw .invalid("the name of who changes a record has at most \(Self.longestAuthor) bytes")
        }
        let present = current.flatMap { $0.isPresent ? $0 : nil }
        if let expected, expected != present?.version ?? 0 {
            throw .wrongConfigurationVersion(store: store, expected: expected, actual: present?.version ?? 0)
        }
        func next(
            _ status: ConfigurationRecord.Status,
            _ configuration: StoreConfiguration,
            _ change: ConfigurationRecord.Change
        ) -> ConfigurationRecord {
            let version = (current?.version ?? 0) + 1
            return ConfigurationRecord(
                store: store,
                version: version,
                status: status,
                configuration: configuration,
                change: change,
                firstVersion: present?.firstVersion ?? version,
                created: present?.created ?? now,
                createdBy: present?.createdBy ?? author,
                updated: now,
                updatedBy: author
            )
        }
        switch change {
        case .put(let configuration, let status):
            guard status == .active || status == .inactive else {
                throw .invalid("a store is put active or inactive; to take it out of the node, delete it")
            }
            try check(configuration, of: store, present)
            if let present, present.configuration == configuration, present.status == status { return nil }
            return next(status, configuration, .put)
        case .rollback(let earlier):
            guard let present else { throw .noSuchConfiguration(store) }
            guard earlier.status == .active || earlier.status == .inactive else {
                let version = "version \(earlier.version) of store '\(store)'"
                throw .invalid("\(version) is its deletion; there is nothing to go back to")
            }
            try check(earlier.configuration, of: store, present)
            return next(earlier.status, earlier.configuration, .rollback(to: earlier.version))
        case .delete(let erasing):
            guard let present else { throw .noSuchConfiguration(store) }
            if present.status == .pendingDeletion, present.change == .deletion(erasing: erasing) { return nil }
            return next(.pendingDeletion, present.configuration, .deletion(erasing: erasing))
        case .adopt(let configuration):
            if present != nil { return nil }
            return next(.active, configuration, .adoption)
        case .recover(let kept):
            if present != nil { return nil }
            var record = next(kept.status, kept.configuration, .recovery)
            (record.created, record.createdBy) = (kept.created, kept.createdBy)
            return record
        case .confirmRemoval(let version):
            guard let present, present.version == version, present.status == .pendingDeletion else { return nil }
            return next(.deleted, present.configuration, .removal)
        }
    }

    private func check(
        _ configuration: StoreConfiguration,
        of store: String,
        _ present: ConfigurationRecord?
    ) throws(StoreError) {
        var mistakes: [ConfigurationMistake] = []
        do throws(ConfigurationError) {
            try configuration.check()
        } catch {
            mistakes = error.mistakes
        }
        if let template = configuration.template, !templates.contains(template) {
            let there = templates.isEmpty ? "there are none" : "there are \(templates.sorted().joined(separator: ", "))"
            let what = "there is no template \(JSONText.quoted(template)); \(there)"
            mistakes.append(ConfigurationMistake(.program, "template", what))
        }
        if let directory = configuration.directory, !directory.hasPrefix("/") {
            let what = "must be an absolute path, not \(JSONText.quoted(directory))"
            mistakes.append(ConfigurationMistake(.program, "directory", what))
        }
        if let present, present.configuration.directory != configuration.directory {
            let what = "cannot change once the store is there: its files would stay behind"
            mistakes.append(ConfigurationMistake(.program, "directory", what))
        }
        if !mistakes.isEmpty { throw .invalidConfiguration(mistakes) }
        if present?.status == .pendingDeletion {
            throw .unavailable(store: store, why: "it is being taken out of the node")
        }
    }
}
