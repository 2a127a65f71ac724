import JSON
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Endpoints

@Suite struct EndpointTests {
    @Test func addresses() throws {
        let endpoint = try Endpoint("http://localhost:8000/v1/#org/model")
        #expect((endpoint.host, endpoint.port, endpoint.path) == ("localhost", 8000, "/v1"))
        #expect(endpoint.model == "org/model" && endpoint.description == "http://localhost:8000/v1#org/model")
        #expect(try Endpoint("http://box").port == 80)
        for (address, found) in [
            ("https://api.example.org/v1", "https"), ("http://", "no name"),
            ("http://a:b/v1", "the port 'b'"),
            ("http://a:0", "the port '0'"), ("http://key@host/v1", "before @"), ("http://a:1:2", "no name"),
        ] {
            let error = #expect(throws: EndpointError.self) { try Endpoint(address) }
            #expect(error?.description.contains(found) == true, "\(address): \(error?.description ?? "")")
        }
    }

    private func limits(attempts: Int = 3) -> EndpointClient.Limits {
        var limits = EndpointClient.Limits()
        (limits.timeout, limits.attempts, limits.pause, limits.size) = (
            .milliseconds(300), attempts, 0.01, 1000
        )
        return limits
    }

    private func message(
        _ answer: LocalServer.Answer, attempts: Int = 3
    ) throws -> (text: String, asked: Int) {
        let asked = Counter()
        let server = try LocalServer { _, _ in
            asked.add()
            return answer
        }
        let client = EndpointClient(try Endpoint(server.url), limits: limits(attempts: attempts))
        let error = #expect(throws: EndpointError.self) { try client.post("/completions", ["a": 1]) }
        return (error?.description ?? "", asked.value)
    }

    @Test func answersAreRead() throws {
        let server = try LocalServer { path, body in
            path == "/v1/models" ? .json(#"{"data": [{"id": "small"}]}"#) : .json(#"{"said": \#(body)}"#)
        }
        let client = EndpointClient(try Endpoint(server.url))
        #expect(try client.model() == "small")
        #expect(try client.post("/completions", ["a": "é"])["said"]?["a"] == "é")
        // Parts of an answer, of which nobody says the length.
        let parts = try LocalServer { _, _ in
            .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n")
        }
        #expect(try EndpointClient(Endpoint(parts.url)).post("/x", [:])["a"] == 1)
    }

    @Test func severalModelsAreListed() throws {
        let server = try LocalServer { _, _ in .json(#"{"data": [{"id": "small"}, {"id": "large"}]}"#) }
        let error = #expect(throws: EndpointError.self) { try EndpointClient(Endpoint(server.url)).model() }
        #expect(error?.description.contains("found small, large") == true)
        #expect(try EndpointClient(Endpoint(server.url + "#large")).model() == "large")
    }

    @Test func troubleIsNamed() throws {
        // Who hangs is not waited for again; who drops the connection or is busy is asked again.
        let silent = try message(.silence)
        #expect(silent.text.contains("none within 0.3 s") && silent.asked == 1, "\(silent)")
        let dropped = try message(.raw("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"))
        #expect(dropped.text.contains("the end of the connection before") && dropped.asked == 3, "\(dropped)")
        let busy = try message(.json("{}", status: 503))
        #expect(busy.text.contains("status 503, 3 times") && busy.asked == 3, "\(busy)")
        let refused = try message(.json("no such model", status: 404))
        #expect(refused.text.contains("status 404: no such model") && refused.asked == 1, "\(refused)")
        #expect(try message(.raw("HTTP/1.1 200 OK\r\n\r\n{\"a\":")).text.contains("expected JSON"))
        #expect(try message(.json(String(repeating: " ", count: 2000))).text.contains("more than 1000 bytes"))
        #expect(try message(.raw("hello\r\n"), attempts: 1).text.contains("expected an answer"))
        // Nobody is there.
        let client = EndpointClient(try Endpoint("http://127.0.0.1:1/v1"), limits: limits())
        let error = #expect(throws: EndpointError.self) { try client.post("/completions", [:]) }
        #expect(error?.description.contains("no connection") == true)
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)
    func add() { count.withLock { $0 += 1 } }
    var value: Int { count.withLock { $0 } }
}
