import Testing

@testable import FeedbackServer

@Suite struct AssetsTests {
    @Test func theStyleSheetIsInTheBinary() {
        #expect(String(decoding: PackageResources.style_css, as: UTF8.self).hasPrefix("/*"))
    }
}
