import Foundation
import TestSupport
import Testing

@testable import Rewards

/// What a program cannot do, tried by programs. What this machine's kernel lacks is said, and not tried.
@Suite struct ConfinementTests {
    private let programs: Programs

    init() throws { programs = try Programs() }

    /// The score that a program gives: what its shell's `$result` is.
    private func result(
        _ body: String, _ options: String = "", needs part: Confinement, wanted: Confinement = .all,
        interpreter: String? = nil
    ) throws -> Double?? {
        let path =
            try interpreter.map { try programs.script(body, interpreter: $0) }
            ?? programs.each("\(body)\nreply $id $result")
        let reward = try Programs.reward(path, options, wanted: wanted)
        guard
            try ProgramProcess(path: path, limits: reward.limits, wanted: wanted).confinement
                .isSuperset(of: part)
        else {
            print("skipped: this system does not confine \(part)")
            return nil
        }
        return try reward.scores(of: Programs.inputs(["a"]))[0]
    }

    private func expect(_ found: Double??, _ expected: Double, _ place: SourceLocation = #_sourceLocation) {
        if let found { #expect(found == expected, sourceLocation: place) }
    }

    @Test func itWritesInItsScratchFolderAlone() throws {
        let target = programs.folder.path("target")
        let body = """
            result=0
            (echo x >"\(target)") 2>/dev/null && result=1
            mkdir "\(target)" 2>/dev/null && result=2
            rm "$0" 2>/dev/null && result=3
            (echo x >"$TMPDIR/mine" && mkdir "$TMPDIR/folder" && mv "$TMPDIR/mine" "$TMPDIR/folder/") || result=4
            cat "$0" >/dev/null || result=5
            echo note >/dev/stderr || result=6
            """
        expect(try result(body, needs: .files), 0)
        #expect(!programs.folder.holds("target"))
        expect(try result("\(body); result=$((result + 10))", needs: [], wanted: []), 15)
        #expect(programs.folder.holds("target"))
    }

    @Test func itSeesNoSecretsOfTheEnvironment() throws {
        setenv("SOME_TOKEN", "secret", 1)
        setenv("HEED_REWARD_LEVEL", "7", 1)
        defer {
            unsetenv("SOME_TOKEN")
            unsetenv("HEED_REWARD_LEVEL")
        }
        let body = #"result=$HEED_REWARD_LEVEL; [ -n "$SOME_TOKEN" ] && result=1"#
        expect(try result(body, needs: []), 7)
        expect(try result(body, needs: [], wanted: []), 1)
    }

    @Test func itInheritsNoDescriptors() throws {
        let leak = dup(STDOUT_FILENO)
        defer { close(leak) }
        // Its own three, and the folder that is listed.
        expect(try result("result=$(ls /proc/self/fd | wc -l)", needs: .limits), 4)
    }

    @Test func itsFilesHaveALimit() throws {
        let body = #"head -c 5000000 /dev/zero >"$TMPDIR/big" 2>/dev/null; result=$(wc -c <"$TMPDIR/big")"#
        expect(try result(body, "file_size=1", needs: .limits), 1_048_576)
    }

    @Test func itsProcessesHaveALimit() throws {
        let body =
            "result=0; for i in 1 2 3 4 5 6 7 8 9; do sleep 60 & result=$((result + 1)); done 2>/dev/null"
        let path = try programs.each("\(body)\nreply $id $result")
        let reward = try Programs.reward(path, "processes=5")
        guard reward.notes[0].contains("it has at most 5 processes") else {
            return print("skipped: this system or user has no limit on processes")
        }
        // The shell cannot fork and ends.
        #expect(throws: ProgramError.self) { try reward.scores(of: Programs.inputs(["a"])) }
    }

    @Test func itsMemoryHasALimit() throws {
        guard let python = Programs.python else { return print("skipped: there is no python3") }
        let body = """
            import json, sys
            for line in sys.stdin:
                bytes = bytearray(10**9)
                print(json.dumps({"id": json.loads(line)["id"], "reward": 1}))
            """
        expect(try result(body, "memory=4096", needs: .limits, interpreter: python), 1)
        let error = #expect(throws: ProgramError.self) {
            try result(body, "memory=256", needs: .limits, interpreter: python)
        }
        #expect(error?.description.contains("MemoryError") == true, "\(String(describing: error))")
    }

    @Test func itHasNoNetwork() throws {
        guard let python = Programs.python else { return print("skipped: there is no python3") }
        let body = """
            import json, socket, sys
            def opens(family, kind):
                try: socket.socket(family, kind).close()
                except OSError: return 0
                return 1
            for line in sys.stdin:
                kinds = [(socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_DGRAM),
                         (socket.AF_UNIX, socket.SOCK_STREAM)]
                found = sum(opens(*kind) for kind in kinds)
                print(json.dumps({"id": json.loads(line)["id"], "reward": found}))
            """
        expect(try result(body, needs: .sockets, interpreter: python), 0)
        expect(try result(body, needs: [], wanted: [], interpreter: python), 3)
    }

    @Test func itGainsNoRights() throws {
        let body = "result=$(grep -c '^CapEff:.0000000000000000' /proc/self/status)"
        expect(try result(body, needs: .privileges), 1)
    }

    /// Whatever part the kernel lacks, programs still run, and what is said changes with it.
    @Test(arguments: [Confinement.namespaces, .files, .sockets, .privileges, .limits])
    func eachPartIsHeldByItself(_ part: Confinement) throws {
        let path = try programs.each("reply $id 1")
        let wanted = Confinement.all.subtracting(part)
        let reward = try Programs.reward(path, wanted: wanted)
        #expect(try reward.scores(of: Programs.inputs(["a", "b"])) == [1, 1])
        #expect(reward.notes != (try Programs.reward(path).notes) || !reward.notes[0].contains("Landlock"))
    }

    @Test func whatHoldsIsSaid() {
        var limits = ProgramLimits()
        limits.memory = 100
        let all = Confinement.all.statement(of: limits)
        #expect(all.hasPrefix("Confined: it writes to no file but those of a scratch folder (Landlock); "))
        #expect(all.contains("it has no network") && all.contains("100 MiB") && !all.contains("Not confined"))
        let none = Confinement([]).statement(of: limits)
        #expect(none.hasPrefix("Not confined: it may write wherever this user may; it may use the network; "))
        let some = Confinement([.files, .connections]).statement(of: limits)
        #expect(
            some.contains("it makes no TCP connection") && some.contains("Not confined: it may gain rights"))
    }
}
