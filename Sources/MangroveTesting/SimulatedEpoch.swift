/// The moment simulated civil time starts at, in microseconds since 1970: 2020-01-01T00:00:00Z.
let simulatedEpochMicroseconds: Int64 = 1_577_836_800_000_000
