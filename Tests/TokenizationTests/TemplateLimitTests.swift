import JSON
import RandomNumbers
import Testing

@testable import Tokenization

/// What a hostile or broken template can do: throw, and nothing else.
@Suite struct TemplateLimitTests {
    /// A list that holds itself twice, sixty times over.
    private static let doubling =
        "{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = [n.l, n.l] %}{% endfor %}"

    private static let small = JinjaLimits(
        operations: 20_000, textBytes: 200_000, outputBytes: 10_000, depth: 300)

    @Test(arguments: [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = n.l + n.l %}{% endfor %}",
        "\(doubling){{ n.l }}",
        "\(doubling){{ n.l == n.l }}",
        "\(doubling){{ n.l|tojson }}",
        "{% set n = namespace(l=1) %}{% for i in range(500) %}{% set n.l = [n.l] %}{% endfor %}",
        "{% set n = namespace(t='ab') %}{% for i in range(60) %}{% set n.t = n.t ~ n.t %}{% endfor %}",
        "{% for a in range(9999) %}{{ 'long enough' }}{% endfor %}",
        "{% for a in range(9999) %}{% if 'x' in 'y' * 1000 %}{% endif %}{% endfor %}",
        "{{ 'x' * 9000000000000000000 }}", "{{ [1] * 9000000000000000000 }}",
        "{{ range(9223372036854775807) }}",
        "{{ ('a' * 9000).replace('a', 'b' * 9000) }}", "{{ ('a\n' * 9000)|indent(9000) }}",
        "{{ 'a'|indent(90000000000) }}",
        "{{ ('a,' * 90000).split(',') }}", "{{ ('a ' * 90000).split() }}",
        "{{ ('\n' * 90000).splitlines() }}",
        "{{ 'a'|list|join('b' * 90000) ~ 'a' * 199999 }}", "{{ [[]]|tojson(indent=90000000000) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m() %}{% for a in [1] if m() %}{% endfor %}{% endmacro %}{{ m() }}",
        "{% macro m() %}{% call m() %}{% endcall %}{% endmacro %}{{ m() }}",
    ])
    func stopsHostileTemplates(source: String) throws {
        let template = try ChatTemplate(source)
        let error = try #require(throws: TemplateError.self) { try template.render(limits: Self.small) }
        guard case .limit = error else {
            Issue.record("\(source): \(error)")
            return
        }
    }

    /// Whatever a function goes through is paid for: its value, its arguments, their elements, what it makes. Each
    /// template would do some 10¹² steps of work and must be stopped in about a second.
    @Test(arguments: [
        "b|int", "b|float", "b|length", "b|upper", "b|lower", "b|title", "b|capitalize", "b|trim",
        "b|reverse",
        "b|trim('a')", "''|trim(b)", "b|indent", "b|list", "b|first", "b|join", "b|tojson",
        "b|replace('a', '')",
        "b|replace('', '')", "''|replace(b, '')", "[b]|string", "[b, b]|sort", "[b, b]|unique|list",
        "[b]|min",
        "[]|map(attribute=b)|list", "[]|map('trim', b)|list", "['a']|select('in', b)|list",
        "[{'a': b}]|selectattr('a', 'upper')|list", "{'a': b}|dictsort(by='value')", "{'a': b}|tojson",
        "{b: 1}",
        "b is upper", "b is lower", "b in d", "d[b]", "d.get(b)", "d.get('x', b)", "n[b]", "b == b ~ 'c'",
        "b < b ~ 'c'", "b in 'a'", "'c' in b", "b[-1]", "b[5]", "b[1:]", "b[::-1]", "b.upper()", "b.lower()",
        "b.title()", "b.capitalize()", "b.isupper()", "b.isdigit()", "b.isspace()", "b.isalnum()",
        "b.strip()",
        "b.strip('a')", "''.strip(b)", "''.lstrip(b)", "b.rstrip('a')", "b.split('c')", "b.split()",
        "'a'.split(b)", "b.rsplit('c', 1)", "b.splitlines()", "b.partition('c')", "'a'.partition(b)",
        "b.startswith('c')", "'x'.startswith(b)", "'x'.startswith((b, 'y'))", "b.endswith('c')",
        "'x'.endswith((b, b))",
        "b.removeprefix('c')", "b.removesuffix('c')", "b.replace('a', 'c')", "''.replace(b, '')",
        "b.find('c')",
        "''.find(b)", "b.rfind('c')", "b.count('a')", "''.count(b)", "''.join([b])", "b.join(['a', 'c'])",
        "b.format()", "''.format(b)", "'{}'.format(b)", "d.keys()", "d.values()", "d.items()",
        "dict(d)", "namespace(d)", "d|items", "d|list", "t|list", "t[1:]", "t.index('a')", "t.count('c')",
        "t == t ~ '' or t == u", "l|reverse", "l|length ~ b", "l + l", "l * 2", "b + b", "b ~ b", "b * 2",
    ])
    func everythingIsPaidFor(expression: String) throws {
        func render(_ expression: String) throws {
            let template = try ChatTemplate(
                """
                {% set b = 'a' * 6000 %}{% set l = ['a'] * 300 %}{% set n = namespace() %}\
                {% for i in range(999) %}{% set x = \(expression) %}{% endfor %}
                """)
            let list = JSONValue.array(Array(repeating: "a", count: 300))
            let mapping = JSONValue.object(JSONObject((0..<300).map { (key: "\($0)", value: .null) }))
            _ = try template.render(
                ["d": mapping, "t": list, "u": list],
                limits: JinjaLimits(operations: 100_000, textBytes: 2_000_000, outputBytes: 10_000))
        }
        // The loop alone is within the limits.
        try render("d['a']")
        let error = #expect(throws: TemplateError.self, "\(expression)") { try render(expression) }
        guard case .limit = error else {
            Issue.record("\(expression): \(String(describing: error))")
            return
        }
    }

    /// A name is looked for in every scope around it, and the parameters of a macro among all arguments.
    @Test(arguments: [
        String(repeating: "{% for a in [1] %}", count: 50) + "{% for i in range(9999) %}{{ x }}{% endfor %}"
            + String(repeating: "{% endfor %}", count: 50),
        "{% macro m(\(parameters)) %}{% endmacro %}"
            + "{% for i in range(99) %}{{ m(\(parameters.replacing(",", with: "=1,"))=1) }}{% endfor %}",
    ])
    func lookingUpIsPaidFor(source: String) throws {
        let template = try ChatTemplate(source)
        let error = #expect(throws: TemplateError.self) {
            try template.render(limits: JinjaLimits(operations: 70_000))
        }
        guard case .limit = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    private static let parameters = (0..<200).map { "p\($0)" }.joined(separator: ",")

    @Test func namesHaveALength() throws {
        let name = String(repeating: "x", count: 1001)
        #expect(throws: TemplateError.self) { try ChatTemplate("{{ \(name) }}") }
        #expect(try ChatTemplate("{{ \(name.dropLast()) }}").render() == "")
    }

    @Test func standardLimitsHoldLongConversations() throws {
        let template = try ChatTemplate(
            "{% for m in messages %}{{ m.role ~ ':' ~ m.content.split('x')|join('y') ~ '\\n' }}{% endfor %}"
        )
        let messages = (0..<2000).map { Message(role: "user", content: "turn \($0) xxx") }
        #expect(try template.render(messages, addGenerationPrompt: false).hasSuffix("user:turn 1999 yyy\n"))
    }

    @Test(arguments: [
        String(repeating: "(", count: 9000), String(repeating: "[", count: 9000) + "]",
        String(repeating: "not ", count: 9000) + "1", String(repeating: "-", count: 9000) + "1",
        String(repeating: "1 + ", count: 9000) + "1", "a" + String(repeating: ".a", count: 9000),
        "a" + String(repeating: "|trim", count: 9000), String(repeating: "1 if 1 else ", count: 9000) + "1",
        String(repeating: "{'a':", count: 9000),
    ])
    func refusesDeepExpressions(expression: String) {
        #expect(throws: TemplateError.self) { try ChatTemplate("{{ \(expression) }}") }
    }

    @Test func refusesDeepStatements() {
        #expect(throws: TemplateError.self) { try ChatTemplate(String(repeating: "{% if a %}", count: 9000)) }
        #expect(throws: TemplateError.self) {
            try ChatTemplate("{% for " + String(repeating: "(", count: 9000) + "a" + " in b %}{% endfor %}")
        }
    }

    @Test func namespacesInCirclesAreFreed() throws {
        let source = """
            {% set n = namespace(next=1) %}{% set n.next = n %}{% macro m() %}{{ n.x }}{% endmacro %}\
            {% set n.m = m %}{% for i in range(9000) %}{% set n.next = namespace(next=n.next) %}{% endfor %}x
            """
        #expect(try ChatTemplate(source).render() == "x")
    }

    // MARK: Garbage

    /// Random bytes, mixed with what templates are made of: read or refused, never a crash.
    @Test func randomTemplatesNeverCrash() {
        var random = SplitMix64(seed: 1)
        let pieces = [
            "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", " if ", " for ", " in ", "endif", "set ", "a", "'",
            "\"", "\\",
            "(", ")", "[", "]", "{", "}", "|", ".", ",", ":", "=", "1", "\n", " ", "loop.", "macro m", "é",
            "\u{0}", "👩‍👧",
        ]
        for _ in 0..<3000 {
            var source = ""
            for _ in 0..<Int.random(in: 0..<24, using: &random) {
                if Int.random(in: 0..<4, using: &random) == 0 {
                    source += String(
                        decoding: [UInt8.random(in: .min ... .max, using: &random)], as: UTF8.self)
                } else {
                    source += pieces[Int.random(in: 0..<pieces.count, using: &random)]
                }
            }
            expectTextOrTemplateError(source)
        }
    }

    @Test func truncatedTemplatesNeverCrash() throws {
        let fixture = try TemplateFixtures.value("templates/cases.json")
        for (_, template) in try #require(fixture["templates"]?.object) {
            let scalars = try Array(#require(template.string).unicodeScalars)
            for end in stride(from: 0, to: scalars.count, by: 7) {
                var view = String.UnicodeScalarView()
                view.append(contentsOf: scalars[..<end])
                expectTextOrTemplateError(String(view))
            }
        }
    }

    private func expectTextOrTemplateError(_ source: String) {
        do {
            let messages: JSONValue = [["role": "user", "content": "Hi"]]
            _ = try ChatTemplate(source).render(["a": 1, "messages": messages], limits: Self.small)
        } catch {
            #expect(error is TemplateError, "\(source): \(error)")
        }
    }
}
