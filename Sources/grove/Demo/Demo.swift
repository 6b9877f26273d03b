import Mangrove
import MangroveStore
func runDemo(_ options: DemoOptions, _ console: Console) async throws -> ExitCode { .done }
