import Foundation
import JSON
import Testing

@testable import Tokenization

@Suite struct TemplateErrorTests {
    // MARK: Refused when read

    @Test(arguments: [
        ("{% include 'x' %}", 1, 4, "the tag `include`", "one of `break`, `call`, `continue`, `for`"),
        ("{% endfor %}", 1, 4, "the tag `endfor`", "one of `break`"),
        ("a\n {{ x|shout }}", 2, 7, "the filter `shout`", "one of `abs`, `capitalize`"),
        ("{{ x is odder }}", 1, 9, "the test `odder`", "one of `boolean`"),
        ("{{ x.append(1) }}", 1, 6, "the method `append`", "one of `capitalize`"),
        (
            "{{ cycler(1) }}", 1, 4, "a call of `cycler`, which is not defined",
            "a macro of this template or one of"
        ),
        ("{{ x|map('shout') }}", 1, 10, "the filter `shout` in `map`", "one of"),
        ("{{ x|selectattr('a', 'odder') }}", 1, 22, "the test `odder` in `selectattr`", "one of"),
        (
            "{{ x|tojson(width=2) }}", 1, 6, "the filter `tojson` with the argument `width`",
            "`ensure_ascii`, `indent`"
        ),
        (
            "{{ x.split(1, 2, 3) }}", 1, 11, "the method `split` with 3 positional arguments",
            "`sep`, `maxsplit`"
        ),
        ("{{ x|replace('a') }}", 1, 6, "the filter `replace` without `new`", "`old`, `new`, `count`"),
        ("{% for a in b %}{{ loop.cycle }}{% endfor %}", 1, 25, "`loop.cycle`", "one of `first`"),
        ("{% for a in b recursive %}", 1, 15, "`recursive`", "a macro that calls itself"),
        ("{% if a %}\n{% for b in c %}", 2, 4, "`for` that is never closed", "`else`, `endfor`"),
        ("{% if a %}", 1, 4, "`if` that is never closed", "`elif`, `else`, `endif`"),
        ("{% break %}", 1, 4, "`break`", "it directly inside `for`"),
        ("{{ f(*a) }}", 1, 6, "`*`", "arguments written out"),
        ("{{ {1: 2} }}", 1, 5, "the number 1", "a string as key"),
        ("{{ a b }}", 1, 6, "`b`", "`}}`"),
        ("{{ (a] }}", 1, 6, "`]`", "`)`"),
        ("{{ a", 1, 1, "a tag that is never closed", "`}}`"),
        ("{# a", 1, 1, "a comment that is never closed", "`#}`"),
        ("{{ 'a }}", 1, 4, "a string that is never closed", "`'`"),
        ("é{{ § }}", 1, 5, "the character `§`", "a name, a value or an operator"),
        ("{{ 9223372036854775808 }}", 1, 4, "`9223372036854775808`", "an integer of 64 bits"),
        ("{% generation %}{% generation %}", 1, 20, "`generation`", "it outside another `generation`"),
        ("{% macro m() %}{{ varargs }}{% endmacro %}", 1, 19, "`varargs`", "parameters named in the macro"),
    ])
    func refusesWithPlaceAndWhatIsSupported(
        source: String, line: Int, column: Int, found: String, expected: String
    ) throws {
        let error = try #require(throws: TemplateError.self) { try ChatTemplate(source) }
        guard case .syntax(let location, let foundText, let expectedText) = error else {
            Issue.record("\(source): \(error)")
            return
        }
        #expect(location == TemplateLocation(line: line, column: column), "\(source)")
        #expect(foundText == found)
        #expect(expectedText.hasPrefix(expected), "\(source): \(expectedText)")
        #expect(error.description.hasPrefix("chat template, line \(line), column \(column): found \(found)"))
    }

    // MARK: Thrown when rendered

    @Test(arguments: [
        ("{{ a.b }}", 1, 6, "`a` is undefined"),
        ("\n  {{ n.b.c }}", 2, 10, "`b` of an integer is undefined"),
        ("{{ 'a' + 1 }}", 1, 4, "`+` does not work on a string and an integer"),
        ("{{ l[5].role }}", 1, 9, "the element 5 of a list is undefined"),
        ("{% for a in n %}{% endfor %}", 1, 4, "an integer cannot be iterated over"),
        ("{% for a, b in l %}{% endfor %}", 1, 4, "cannot unpack 1 values into 2 names"),
        ("{{ 'a'.startswith(none) }}", 1, 8, "expected a string as argument, found none"),
        ("{{ n / 0 }}", 1, 4, "division by zero"),
        ("{{ l[0]() }}", 1, 5, "a list cannot be called"),
        ("{{ l|map('upper') }}", 1, 1, "an iterator cannot be written as text"),
        ("{{ 'a' < 1 }}", 1, 4, "a string and an integer have no order"),
        ("{{ d.x|tojson }}", 1, 8, "an undefined value cannot be written as JSON"),
        ("{% set n.x = 1 %}", 1, 4, "`n` is not a namespace, so `n.x` cannot be set"),
        (
            "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", 1, 34,
            "the macro `m` is called with 2 positional arguments, expected `a`"
        ),
        ("{{ 9223372036854775807 + n }}", 1, 4, "an integer beyond 64 bits"),
    ])
    func failsWithPlaceAndProblem(source: String, line: Int, column: Int, problem: String) throws {
        let context: JSONObject = ["n": 7, "l": [["role"]], "d": [:]]
        let template = try ChatTemplate(source)
        let error = try #require(throws: TemplateError.self) { try template.render(context) }
        #expect(error == .evaluation(at: TemplateLocation(line: line, column: column), problem: problem))
    }

    @Test func raiseExceptionCarriesTheMessageOfTheTemplate() throws {
        let template = try ChatTemplate("{{ raise_exception('No ' + messages[0].role + ' turns') }}")
        let error = try #require(throws: TemplateError.self) {
            try template.render([Message(role: "system", content: "")], addGenerationPrompt: false)
        }
        #expect(error == .raised(at: TemplateLocation(line: 1, column: 4), message: "No system turns"))
        #expect(error.description == "No system turns")
    }

    @Test func generationThatCannotBeTracedIsRefusedOnlyWhenMarking() throws {
        let source = "{% macro m() %}{% generation %}a{% endgeneration %}{% endmacro %}{{ m() }}"
        let template = try ChatTemplate(source)
        #expect(try template.render([], addGenerationPrompt: false) == "a")
        #expect(throws: TemplateError.self) {
            try template.renderMarkingGeneration([], addGenerationPrompt: false)
        }
    }
}
