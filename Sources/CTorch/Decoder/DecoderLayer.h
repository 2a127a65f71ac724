/// The weights of one layer of a decoder as it lays them out, and what rows are computed in.
#pragma once

#include <ATen/ops/cat.h>

#include <vector>

#include "../Boundary.h"
#include "../Elements.h"
#include "Matrix.h"
#include "Memory.h"

namespace ctorch {

/// Rows that pass through the layers together: enough to keep the processor busy with each panel of weights, few enough that
/// their activations stay in its cache.
constexpr int64_t chunkRows = 128;

/// For norms and angles, which training does not round either.
inline at::Tensor floats(ctorch_tensor handle) { return unwrap(handle).detach().to(at::kFloat).contiguous(); }
inline at::Tensor floatsIfAny(ctorch_tensor handle) { return handle == nullptr ? at::Tensor() : floats(handle); }
inline const float *data(const at::Tensor &tensor) { return tensor.defined() ? elements<float>(tensor) : nullptr; }

/// Those of the tensors that are there.
inline std::vector<at::Tensor> present(std::initializer_list<ctorch_tensor> parts) {
    std::vector<at::Tensor> tensors;
    for (auto *part : parts) {
        if (part != nullptr) tensors.push_back(unwrap(part).detach());
    }
    return tensors;
}

/// Biases below each other, rounded to `type`; undefined where there are none.
inline at::Tensor joinedBias(std::initializer_list<ctorch_tensor> parts, at::ScalarType type) {
    const auto tensors = present(parts);
    return tensors.empty() ? at::Tensor() : at::cat(tensors).to(vectorType(type)).to(at::kFloat);
}

template <typename Element>
struct Layer {
    at::Tensor attentionNorm, queryNorm, keyNorm, attentionOutputNorm, feedForwardNorm, feedForwardOutputNorm;
    at::Tensor inputBias, outputBias, gateAndUpBias, downBias;
    /// Undefined in a layer without positions.
    at::Tensor cosine, sine;
    /// How many tokens a row sees; 0: all before.
    int64_t window;
    /// Queries, keys and values in one; gate and up in one.
    Matrix<Element> input, output, gateAndUp, down;

    Layer(const ctorch_decoder_layer &layer, at::ScalarType type, Arena &arena, Team &team)
        : attentionNorm(floatsIfAny(layer.attention_norm)),
          queryNorm(floatsIfAny(layer.query_norm)),
          keyNorm(floatsIfAny(layer.key_norm)),
          attentionOutputNorm(floatsIfAny(layer.attention_output_norm)),
          feedForwardNorm(floatsIfAny(layer.feed_forward_norm)),
          feedForwardOutputNorm(floatsIfAny(layer.feed_forward_output_norm)),
          inputBias(joinedBias({layer.query_bias, layer.key_bias, layer.value_bias}, type)),
          outputBias(joinedBias({layer.output_bias}, type)),
          gateAndUpBias(joinedBias({layer.gate_bias, layer.up_bias}, type)),
          downBias(joinedBias({layer.down_bias}, type)),
          cosine(floatsIfAny(layer.cosine)),
          sine(floatsIfAny(layer.sine)),
          window(layer.window),
          input(present({layer.query, layer.key, layer.value}), type, arena, team),
          output(present({layer.output}), type, arena, team),
          gateAndUp(present({layer.gate, layer.up}), type, arena, team),
          down(present({layer.down}), type, arena, team) {}
};

/// What one chunk of rows is computed in.
template <typename Element>
struct Workspace {
    Memory<float> residual, projections, inner;
    /// What a block adds, where that is changed before.
    Memory<float> branch;
    Memory<Element> normalized, attended, activated;

    Workspace(int64_t hidden, int64_t projected, int64_t attendedSize, int64_t feedForward)
        : residual(chunkRows * hidden),
          projections(chunkRows * projected),
          inner(chunkRows * 2 * feedForward),
          branch(chunkRows * hidden),
          normalized(chunkRows * hidden),
          attended(chunkRows * attendedSize),
          activated(chunkRows * feedForward) {}
};

}  // namespace ctorch
