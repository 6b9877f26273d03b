import Testing

@testable import Mangrove

@Suite("The variables of a program") struct ProgramCommandTests {
    @Test("Its own come after the inherited ones, in the order of their names, and replace those of the same name")
    func variables() {
        let inherited = ["A=1", "AB=x=y", "B=2", "odd", "C="]
        let own = ["B": "own", "A": ""]
        func variables(_ inherits: Bool) -> [String] {
            ProgramCommand(executable: "p", environment: own, inheritsEnvironment: inherits)
                .variables(besides: inherited)
        }
        #expect(variables(true) == ["AB=x=y", "odd", "C=", "A=", "B=own"])
        #expect(variables(false) == ["A=", "B=own"])
    }
}
