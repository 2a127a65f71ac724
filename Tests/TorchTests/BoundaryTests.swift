import CTorch
import Testing

/// The C functions called directly with what Swift never passes: they answer with a status and a message.
@Suite struct BoundaryTests {
    private static let cpu = ctorch_device(kind: Int32(CTORCH_CPU), index: 0)
    private static let float32 = Int32(CTORCH_FLOAT32)

    /// Owns every handle of a test until the test is over: a handle must outlive the call that reads it.
    private final class Handles {
        private var owned: [OpaquePointer?] = []

        func keep(_ make: (UnsafeMutablePointer<OpaquePointer?>) -> Int32) -> OpaquePointer? {
            var handle: OpaquePointer?
            _ = make(&handle)
            owned.append(handle)
            return handle
        }

        deinit { owned.forEach(ctorch_tensor_free) }
    }

    private let handles = Handles()

    private func tensor(_ shape: [Int64], type: Int32 = float32, value: Double = 1) -> OpaquePointer? {
        handles.keep { ctorch_full(shape, shape.count, value, type, Self.cpu, $0) }
    }

    private func message() -> String { String(cString: ctorch_last_error()) }

    /// `call` fails, says something that contains `words`, and leaves an undefined tensor behind.
    private func expectFailure(
        _ words: String..., sourceLocation: SourceLocation = #_sourceLocation,
        _ call: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) {
        var status: Int32 = 0
        let result = handles.keep {
            status = call($0)
            return status
        }
        #expect(status == 1, sourceLocation: sourceLocation)
        #expect(result != nil && !ctorch_is_defined(result), sourceLocation: sourceLocation)
        for word in words {
            #expect(message().contains(word), "\(message())", sourceLocation: sourceLocation)
        }
        #expect(!message().contains("Exception raised from"), sourceLocation: sourceLocation)
    }

    @Test func wrongShapesAreNamed() {
        let (a, b) = (tensor([2, 3]), tensor([2, 4]))
        let (vector, heads) = (tensor([3]), tensor([2, 1, 4]))
        expectFailure("2x3", "2x4") { ctorch_matmul(a, b, $0) }
        expectFailure("3", "4") { ctorch_binary(CTORCH_ADD, a, b, $0) }
        expectFailure("[4, 4]") { ctorch_reshape(a, [4, 4], 2, $0) }
        expectFailure { ctorch_expand(a, [7, 3], 2, $0) }
        expectFailure { ctorch_narrow(a, 0, 1, 2, $0) }
        expectFailure { ctorch_narrow(a, 5, 0, 1, $0) }
        expectFailure { ctorch_transpose(a, 0, 2, $0) }
        expectFailure { ctorch_linear(a, b, nil, $0) }
        expectFailure { ctorch_rms_norm(a, b, 1e-5, $0) }
        expectFailure { ctorch_rotate(a, vector, vector, $0) }
        expectFailure { ctorch_rotate(heads, a, a, $0) }
        expectFailure { ctorch_attention(a, a, a, nil, true, 0, $0) }
        expectFailure { ctorch_concatenate([a, vector], 2, 0, $0) }
        expectFailure { ctorch_stack([a, b], 2, 0, $0) }
        expectFailure { ctorch_reduce_dimension(CTORCH_SUM, a, 2, false, $0) }
        expectFailure { ctorch_softmax(a, 9, $0) }
        var indices: OpaquePointer?
        expectFailure { ctorch_top_k(a, 4, $0, &indices) }
        ctorch_tensor_free(indices)
    }

    @Test func segmentsThatDoNotFitAreRefused() {
        let heads = tensor([4, 2, 8])
        expectFailure("3 rows", "4") { ctorch_segment_attention(heads, heads, heads, [3], nil, 1, 0, 0, $0) }
        expectFailure { ctorch_segment_attention(heads, heads, heads, [5, -1], nil, 2, 0, 0, $0) }
        expectFailure { ctorch_segment_attention(heads, heads, heads, nil, nil, 0, 0, 0, $0) }
    }

    @Test func wrongTypesAreRefused() {
        let (floats, whole) = (tensor([2, 2]), tensor([2], type: Int32(CTORCH_INT64)))
        expectFailure { ctorch_embedding(floats, floats, $0) }
        expectFailure { ctorch_index_select(floats, 0, floats, $0) }
        expectFailure { ctorch_gather(floats, 1, whole, $0) }
        expectFailure { ctorch_masked_fill(floats, floats, 0, $0) }
        expectFailure("element type 99") { ctorch_full([1], 1, 0, 99, Self.cpu, $0) }
        expectFailure("element type -1") { ctorch_to(floats, -1, Self.cpu, false, $0) }
        expectFailure("device 77") {
            ctorch_full([1], 1, 0, Self.float32, ctorch_device(kind: 77, index: 0), $0)
        }
        #expect(ctorch_set_requires_gradient(whole, true) == 1)
        #expect(ctorch_backward(floats) == 1)
    }

    @Test func indicesOutOfRangeAreRefused() {
        let (table, states) = (tensor([2, 2]), tensor([1, 2]))
        let index = tensor([1], type: Int32(CTORCH_INT64), value: 2)
        expectFailure("index") { ctorch_embedding(table, index, $0) }
        expectFailure("index") { ctorch_index_select(table, 0, index, $0) }
        var rest = [OpaquePointer?](repeating: nil, count: 3)
        expectFailure("2") { first in
            rest.withUnsafeMutableBufferPointer {
                ctorch_token_log_probabilities(states, table, index, 1, first, &$0[0], &$0[1], &$0[2])
            }
        }
        for handle in rest {
            #expect(handle != nil && !ctorch_is_defined(handle))
            ctorch_tensor_free(handle)
        }
    }

    @Test func nullAndUndefinedTensorsAreRefused() {
        let (good, undefined) = (tensor([2, 2]), tensor([-1]))
        for (bad, words) in [(nil, "NULL"), (undefined, "undefined")] {
            expectFailure(words) { ctorch_unary(CTORCH_EXP, bad, $0) }
            expectFailure(words) { ctorch_binary(CTORCH_ADD, good, bad, $0) }
            expectFailure(words) { ctorch_binary_scalar(CTORCH_ADD, bad, 1, $0) }
            expectFailure(words) { ctorch_reduce(CTORCH_SUM, bad, $0) }
            expectFailure(words) { ctorch_concatenate([good, bad], 2, 0, $0) }
            expectFailure(words) { ctorch_linear(good, bad, nil, $0) }
            expectFailure(words) { ctorch_detach(bad, $0) }
            expectFailure(words) { ctorch_gradient(bad, $0) }
            var (number, size) = (0.0, Int64(0))
            #expect(ctorch_item(bad, &number) == 1)
            #expect(ctorch_size(bad, 0, &size) == 1)
            #expect(ctorch_backward(bad) == 1)
            #expect(ctorch_clear_gradient(bad) == 1)
            #expect(ctorch_set_requires_gradient(bad, false) == 1)
            #expect(ctorch_copy_into(good, bad) == 1)
            #expect(ctorch_copy_into(bad, good) == 1)
            #expect(ctorch_scale_in_place(bad, 2) == 1)
            #expect(message().contains(words))
            #expect(ctorch_rank(bad) == 0 && ctorch_element_count(bad) == 0)
            #expect(!ctorch_is_defined(bad) && !ctorch_requires_gradient(bad))
        }
        expectFailure("undefined") { ctorch_linear(good, good, undefined, $0) }
        expectFailure("generator handle is NULL") { ctorch_generator_state(nil, $0) }
        ctorch_tensor_free(nil)
        ctorch_generator_free(nil)
    }

    @Test func missingBuffersAreRefused() {
        let good = tensor([2, 2])
        #expect(ctorch_unary(CTORCH_EXP, good, nil) == 1)
        #expect(message().contains("out parameter"))
        #expect(ctorch_generator_create(1, Self.cpu, nil) == 1)
        #expect(ctorch_copy_bytes(good, nil, 16) == 1)
        expectFailure("NULL") { ctorch_from_bytes(nil, 4, [1], 1, Self.float32, Self.float32, Self.cpu, $0) }
        expectFailure("NULL") { ctorch_full(nil, 2, 0, Self.float32, Self.cpu, $0) }
        expectFailure("NULL") { ctorch_concatenate(nil, 2, 0, $0) }
    }

    @Test func byteCountsThatDoNotFitAreRefused() {
        var numbers: [Float] = [1, 2, 3]
        expectFailure("16 bytes", "12") {
            ctorch_from_bytes(&numbers, 12, [4], 1, Self.float32, Self.float32, Self.cpu, $0)
        }
        let good = tensor([4])
        #expect(ctorch_copy_bytes(good, &numbers, 12) == 1)
        #expect(message().contains("16"))
    }

    @Test func optimizerStepsThatDoNotFitAreRefused() {
        let (good, bad) = (tensor([2, 2]), tensor([4]))
        var settings = ctorch_adamw(
            learning_rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0, gradient_scale: 1,
            step: 1)
        #expect(ctorch_adamw_step(good, bad, good, good, nil, settings) == 1)
        #expect(message().contains("[2, 2]") && message().contains("[4]"))
        #expect(ctorch_adamw_step(good, nil, good, good, nil, settings) == 1)
        settings.step = 0
        #expect(ctorch_adamw_step(good, good, tensor([2, 2]), tensor([2, 2]), nil, settings) == 1)
        var norm = 0.0
        #expect(ctorch_global_norm(nil, 1, &norm) == 1)
        #expect(ctorch_global_norm([good, nil], 2, &norm) == 1)
        expectFailure("[3]") { ctorch_swiglu(tensor([3]), nil, $0) }
        expectFailure("[2, 2]", "[4]") { ctorch_swiglu(good, bad, $0) }
        expectFailure("[4]") { ctorch_head_logits(good, bad, $0) }
    }

    @Test func generatorStatesOfAWrongSizeAreRefused() {
        var generator: OpaquePointer?
        #expect(ctorch_generator_create(3, Self.cpu, &generator) == 0)
        defer { ctorch_generator_free(generator) }
        #expect(ctorch_generator_set_state(generator, tensor([3], type: Int32(CTORCH_UINT8))) == 1)
    }

    /// Of a GPU's tensors backward runs on a thread of libtorch's, where nobody collects what Swift's operations report.
    @Test func aStretchThatFailsInBackwardIsReported() {
        let input = tensor([2])
        #expect(ctorch_set_requires_gradient(input, true) == 0)
        var runs = 0
        withUnsafeMutablePointer(to: &runs) { runs in
            let output = handles.keep { out in
                ctorch_recompute(
                    input,
                    { context, input in
                        defer { ctorch_tensor_free(input) }
                        guard let runs = context?.assumingMemoryBound(to: Int.self) else { return nil }
                        var result: OpaquePointer?
                        runs.pointee += 1
                        guard runs.pointee > 1 else {
                            _ = ctorch_unary(CTORCH_EXP, input, &result)
                            return result
                        }
                        _ = ctorch_squeeze(input, 7, &result)
                        if !ctorch_collect_last_error() { runs.pointee = -1 }
                        return result
                    }, { _ in }, runs, out)
            }
            let loss = handles.keep { ctorch_reduce(CTORCH_SUM, output, $0) }
            #expect(ctorch_backward(loss) == 1)
        }
        #expect(runs == 2, "Swift would trap where nobody collects")
        #expect(message().contains("Dimension out of range"))
    }

    @Test func unknownOperationsAreRefused() {
        let good = tensor([2])
        expectFailure("unary") { ctorch_unary(ctorch_unary_operation(rawValue: 999), good, $0) }
        expectFailure("binary") { ctorch_binary(ctorch_binary_operation(rawValue: 999), good, good, $0) }
        expectFailure("binary") { ctorch_binary_scalar(CTORCH_AND, good, 1, $0) }
        expectFailure("reduction") { ctorch_reduce(ctorch_reduction(rawValue: 999), good, $0) }
    }
}
