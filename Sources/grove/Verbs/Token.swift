import Mangrove
import MangroveStore

/// `grove token`: makes capability tokens, narrows them, and says what one allows.
func handleToken(_ options: TokenOptions, _ console: Console) throws -> ExitCode {
    let environment = RuntimeEnvironment.system(disk: POSIXDisk(), logs: SilentLogSink())
    let now = Timestamp(microseconds: environment.clock.civilMicroseconds())
    let restriction = options.restriction(now: now)
    switch options.action {
    case .create:
        guard System.isDirectory(options.dataDirectory) else {
            throw Failure(.failure, "there is no data directory at '\(options.dataDirectory)'")
        }
        let secret = try AccessSecret.readOrMake(
            options.dataDirectory,
            on: environment.disk,
            random: environment.randomness
        )
        try console.output.write(CapabilityToken(for: restriction, secret: secret, id: console.newID()).text + "\n")
    case .narrow(let token):
        try console.output.write(try token.narrowed(to: restriction).text + "\n")
    case .show(let token):
        for restriction in token.restrictions { try console.output.line(JSONLine(restriction, of: token)) }
    }
    return .done
}

extension JSONLine {
    fileprivate init(_ restriction: AccessRestriction, of token: CapabilityToken) {
        self = JSONLine().with("id", token.id.description)
            .with("rights", AccessRights.named.filter { restriction.rights.contains($0.right) }.map(\.name))
            .with("stores", restriction.stores.description).with("streams", restriction.streams.description)
            .withIfKnown("expires", restriction.expires?.description)
    }
}
