import JSON
import Testing

@Suite struct OrderedMappingTests {
    @Test func keepsOrderAndTellsScalarsApart() throws {
        var mapping: OrderedMapping<Int> = ["b": 1, "a": 2, "\u{E9}": 3]
        mapping["e\u{301}"] = 4
        #expect(mapping.keys.map { $0.unicodeScalars.count } == [1, 1, 1, 2])
        #expect(mapping["\u{E9}"] == 3)
        mapping["b"] = nil
        mapping["a"] = 5
        #expect(mapping.values == [5, 3, 4])
        #expect(mapping["e\u{301}"] == 4)
    }

    @Test func orderDoesNotCount() {
        let (one, other): (OrderedMapping<Int>, OrderedMapping<Int>) = (["x": 1, "y": 2], ["y": 2, "x": 1])
        #expect(one == other && one.hashValue == other.hashValue)
        #expect(one != ["x": 1] && one != ["x": 1, "y": 3] && one != ["x": 1, "z": 2])
        #expect(Set([one, other]).count == 1)
    }

    /// Against a plain list of pairs, across the size from which keys are hashed.
    @Test(arguments: [5, 16, 17, 40]) func agreesWithAListOfPairs(_ keyCount: Int) {
        var mapping = OrderedMapping<Int>()
        var pairs: [(key: String, value: Int)] = []
        for step in 0..<2000 {
            let key = "key \(step * step * 7 % keyCount)"
            let position = pairs.firstIndex { $0.key == key }
            switch (step % 3, position) {
            case (0, let position?):
                pairs.remove(at: position)
                mapping[key] = nil
            case (_, let position?):
                pairs[position].value = step
                mapping[key] = step
            case (_, nil):
                pairs.append((key, step))
                mapping[key] = step
            }
            #expect(mapping.keys == pairs.map(\.key) && mapping.values == pairs.map(\.value))
            #expect(mapping[key] == pairs.last { $0.key == key }?.value)
        }
        let doubled = mapping.mapValues { $0 * 2 }
        #expect(pairs.allSatisfy { doubled[$0.key] == $0.value * 2 } && doubled.keys == mapping.keys)
    }
}
