/// A projection without code: for each key an object whose members are sums, counts and last values of fields.
///
/// ```swift
/// let perCustomer = Aggregate(
///     .type("order-placed"),
///     partitionBy: .data(try JSONField("customer")),
///     fields: ["orders": .count, "spent": .sum(try JSONField("amount")), "last": .overwrite(try JSONField("date"))]
/// )
/// ```
public struct Aggregate: Sendable, Hashable {
    /// What becomes of a member of the state with each event.
    public enum Rule: Sendable, Hashable {
        /// It is one more.
        case count
        /// The field's value is added to it, exactly, however many digits that takes. An event without the field, or with
        /// one that is no number, changes nothing.
        case sum(JSONField)
        /// It becomes the field's value, byte for byte. An event without the field changes nothing.
        case overwrite(JSONField)
    }

    /// What it follows.
    public var source: SubscriptionSource
    /// What has an object of its own.
    public var partitionBy: SubscriptionConfiguration.Order
    /// The members of the objects.
    public var fields: [String: Rule]

    /// Makes an aggregate.
    public init(
        _ source: SubscriptionSource = .all,
        partitionBy: SubscriptionConfiguration.Order = .stream,
        fields: [String: Rule]
    ) {
        self.source = source
        self.partitionBy = partitionBy
        self.fields = fields
    }

    /// - Throws: ``StoreError/invalid(_:)``
    func check() throws(StoreError) {
        try source.check()
        guard !fields.isEmpty else { throw .invalid("an aggregate needs a field at least") }
    }

    /// The fold: members keep their order by name.
    func fold(_ state: [UInt8]?, _ event: RecordedEvent) throws -> [UInt8] {
        var members: [String: [UInt8]] = [:]
        if let state {
            for member in try JSONText.object(state).members { members[member.name] = Array(state[member.value]) }
        }
        for (name, rule) in fields {
            switch rule {
            case .count:
                let before = members[name].flatMap { JSONNumber($0) } ?? JSONNumber(0)
                members[name] = before.adding(JSONNumber(1))?.text
            case .sum(let field):
                guard let range = field.find(in: event.data), let number = JSONNumber(event.data[range]) else {
                    continue
                }
                let before = members[name].flatMap { JSONNumber($0) } ?? JSONNumber(0)
                guard let sum = before.adding(number) else {
                    throw StoreError.invalid(
                        "'\(field)' of event \(event.position) is too large or too small to be added"
                    )
                }
                members[name] = sum.text
            case .overwrite(let field):
                guard let range = field.find(in: event.data) else { continue }
                members[name] = Array(event.data[range])
            }
        }
        var text = Array("{".utf8)
        for (name, value) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            if text.count > 1 { text.append(UInt8(ascii: ",")) }
            JSONText.append(name, to: &text)
            text.append(UInt8(ascii: ":"))
            text += value
        }
        return text + Array("}".utf8)
    }
}
