import Files
import Foundation
import TestSupport
import Testing

@testable import Runs

@Suite struct ContentHashTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// FIPS 180-4's examples.
    @Test func knownAnswers() throws {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(ContentHash.sha256(of: Data()) == empty)
        #expect(ContentHash.sha256(of: Data("abc".utf8)) == abc)
        #expect(try ContentHash.sha256(of: folder.write("abc", to: "file")) == abc)
        let million = Data(repeating: UInt8(ascii: "a"), count: 1_000_000)
        let hash = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        #expect(ContentHash.sha256(of: million) == hash)
        try (million + million).write(to: folder.item("big"))
        #expect(try ContentHash.sha256(of: folder.item("big")) == ContentHash.sha256(of: million + million))
    }

    /// The expectation comes from the command in the documentation of ``ContentHash/sha256(of:)``.
    @Test func aFolderIsHashedAsSha256sumDoes() throws {
        for (name, text) in [
            ("b", "two"), ("a/c", "one"), ("a.b", "x"), ("line\nbreak", "y"), ("back\\slash", "z"),
        ] {
            try folder.write(text, to: name)
        }
        #expect(
            try ContentHash.sha256(of: folder.url)
                == "9e2ba4b7de40fc073234af8ba5cd636decfd624e77c6d6ab3a41a94f1f6ad613")
    }

    @Test func hiddenFilesAndPlaceDoNotCount() throws {
        try folder.write("x", to: "one/a/b")
        try folder.write("x", to: "two/a/b")
        try folder.write("junk", to: "two/.DS_Store")
        try folder.write("junk", to: "two/.git/config")
        let one = try ContentHash.sha256(of: folder.item("one"))
        #expect(try ContentHash.sha256(of: folder.item("two")) == one)
        try folder.write("x", to: "two/a/c")
        #expect(try ContentHash.sha256(of: folder.item("two")) != one)
    }

    @Test func linksCountAsWhatTheyLeadTo() throws {
        try folder.write("x", to: "plain/model")
        try folder.write("x", to: "blob")
        try FileSystem.createFolder(folder.item("linked"))
        try FileManager.default.createSymbolicLink(
            at: folder.item("linked/model"), withDestinationURL: folder.item("blob"))
        #expect(
            try ContentHash.sha256(of: folder.item("linked")) == ContentHash.sha256(of: folder.item("plain")))
    }

    @Test func whatIsMissingIsNamed() throws {
        #expect(throws: FileError.refused(folder.item("no"), .read, code: ENOENT)) {
            try ContentHash.sha256(of: folder.item("no"))
        }
    }
}
