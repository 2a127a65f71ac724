import Foundation

#if canImport(FoundationXML)
import FoundationXML
#endif

/// Parses XML and keeps what the tests ask about; `nil` where it is not well formed.
public final class ParsedMarkup: NSObject, XMLParserDelegate {
    public private(set) var elements: [String: Int] = [:]
    public private(set) var text = ""
    public private(set) var viewBox = ""

    public init?(_ source: String) {
        super.init()
        let parser = XMLParser(data: Data(source.utf8))
        parser.delegate = self
        if !parser.parse() { return nil }
    }

    public func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        elements[name, default: 0] += 1
        if name == "svg" { viewBox = attributes["viewBox"] ?? "" }
    }

    public func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}
