import Foundation
import SwiftProtobuf
import Testing

@testable import Runs

/// The messages that are written, against those of swift-protobuf.
@Suite struct EventMessageTests {
    private func expectEqual(_ message: EventMessage, _ populate: (inout TensorBoardEvent) -> Void) throws {
        let expected: Data = try TensorBoardEvent.with(populate).serializedBytes()
        #expect(message.bytes == expected)
    }

    @Test func theBeginning() throws {
        try expectEqual(EventMessage(wallTime: 1.7e9, content: .version)) {
            $0.wallTime = 1.7e9
            $0.fileVersion = "brain.Event:2"
        }
        try expectEqual(EventMessage(wallTime: 0, content: .sessionStart)) { $0.sessionLog.status = .start }
    }

    @Test(arguments: [0, 1, 127, 128, 300, 16_383, 16_384, Int.max, -1])
    func steps(_ step: Int) throws {
        try expectEqual(EventMessage(wallTime: 0.25, step: step, content: .scalars([]))) {
            $0.wallTime = 0.25
            $0.step = Int64(step)
            $0.summary.value = []
        }
    }

    @Test func scalars() throws {
        let scalars: [(tag: String, value: Float)] = [
            ("loss", 0.5), ("zero", 0), ("negative zero", -0.0), ("", 1), ("größe", -.infinity),
            ("nan", .nan),
            (String(repeating: "long ", count: 100), .leastNonzeroMagnitude),
        ]
        try expectEqual(EventMessage(wallTime: -1, step: 7, content: .scalars(scalars))) { event in
            event.wallTime = -1
            event.step = 7
            event.summary.value = scalars.map { scalar in
                .with {
                    $0.tag = scalar.tag
                    $0.simpleValue = scalar.value
                }
            }
        }
    }
}
