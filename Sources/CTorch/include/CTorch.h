/// The C boundary over libtorch: everything Heed asks of it, and the only header Swift sees.
///
/// Every function returns a status: 0, or 1 after an error, whose text `ctorch_last_error` gives (per thread). No C++
/// exception leaves this boundary. After an error an output handle is an undefined tensor, never a dangling pointer.
/// NULL and undefined tensors are refused as inputs by every function that has a status; those without one answer 0 or
/// false. Handles that a function writes to an `out` parameter belong to the caller and go back by `ctorch_tensor_free`.
#ifndef CTORCH_H
#define CTORCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ctorch_tensor_s *ctorch_tensor;
typedef struct ctorch_generator_s *ctorch_generator;
typedef int32_t ctorch_status;

/// Element types, numbered as in c10::ScalarType.
enum {
    CTORCH_UINT8 = 0, CTORCH_INT32 = 3, CTORCH_INT64 = 4, CTORCH_FLOAT16 = 5,
    CTORCH_FLOAT32 = 6, CTORCH_FLOAT64 = 7, CTORCH_BOOL = 11, CTORCH_BFLOAT16 = 15,
    /// Of a decoder's weights, not of tensors.
    CTORCH_INT8 = 1,
};

/// Devices: kind and index.
enum { CTORCH_CPU = 0, CTORCH_CUDA = 1, CTORCH_MPS = 13 };
typedef struct { int32_t kind; int32_t index; } ctorch_device;

// MARK: Runtime (Runtime.cpp)

const char *ctorch_last_error(void);
/// Opens a scope on this thread in which failures are kept for its end; scopes nest.
void ctorch_begin_collecting_errors(void);
/// Closes the innermost scope: the first error kept in it, or an empty string. Valid until the next call on this thread.
const char *ctorch_end_collecting_errors(void);
/// Keeps the last error in the innermost scope; false when no scope is open.
bool ctorch_collect_last_error(void);

int64_t ctorch_live_tensor_count(void);
const char *ctorch_built_version(void);
const char *ctorch_running_version(void);
ctorch_status ctorch_set_thread_count(int32_t count);
int32_t ctorch_thread_count(void);
/// Keeps large buffers inside the process between steps instead of returning them to the kernel.
void ctorch_tune_allocator(void);
/// Which instructions Heed's kernels use, as HEED_CPU spells them.
const char *ctorch_instructions(void);
/// The same of libtorch's, as it spells them: DEFAULT, AVX2, AVX512. Valid until the next call on this thread.
const char *ctorch_libtorch_instructions(void);
bool ctorch_has_native_bfloat16(void);
/// Loads the CUDA half of libtorch; an error when this machine has none.
ctorch_status ctorch_load_cuda(void);
int32_t ctorch_cuda_device_count(void);
/// Whether libtorch finds the GPU of a Mac.
bool ctorch_has_mps(void);
bool ctorch_set_gradients_enabled(bool enabled);

// MARK: Lifecycle and data (Tensor.cpp)

void ctorch_tensor_free(ctorch_tensor tensor);
/// Another handle of the same tensor; NULL of NULL.
ctorch_tensor ctorch_tensor_retain(ctorch_tensor tensor);
ctorch_status ctorch_from_bytes(
    const void *bytes, size_t byte_count, const int64_t *shape, size_t rank, int32_t type, int32_t kept_type,
    ctorch_device device, ctorch_tensor *out);
/// A tensor on the CPU that reads `bytes` where they are, which nobody may write to; `release(owner)` is called when it no longer
/// does. Bytes that do not lie as the type needs them are copied.
ctorch_status ctorch_borrow_bytes(
    const void *bytes, size_t byte_count, const int64_t *shape, size_t rank, int32_t type, void (*release)(void *),
    void *owner, ctorch_tensor *out);
ctorch_status ctorch_copy_bytes(ctorch_tensor tensor, void *bytes, size_t byte_count);
ctorch_status ctorch_full(
    const int64_t *shape, size_t rank, double value, int32_t type, ctorch_device device, ctorch_tensor *out);
ctorch_status ctorch_arange(double start, double end, int32_t type, ctorch_device device, ctorch_tensor *out);
int64_t ctorch_rank(ctorch_tensor tensor);
ctorch_status ctorch_size(ctorch_tensor tensor, int64_t dimension, int64_t *out);
int64_t ctorch_element_count(ctorch_tensor tensor);
int32_t ctorch_type(ctorch_tensor tensor);
bool ctorch_is_defined(ctorch_tensor tensor);
ctorch_device ctorch_device_of(ctorch_tensor tensor);
ctorch_status ctorch_item(ctorch_tensor tensor, double *out);
ctorch_status ctorch_to(ctorch_tensor tensor, int32_t type, ctorch_device device, bool copy, ctorch_tensor *out);
ctorch_status ctorch_contiguous(ctorch_tensor tensor, ctorch_tensor *out);
ctorch_status ctorch_copy_into(ctorch_tensor target, ctorch_tensor source);
ctorch_status ctorch_fill(ctorch_tensor target, double value);
ctorch_status ctorch_add_into(ctorch_tensor target, ctorch_tensor source, double scale);
ctorch_status ctorch_scale_in_place(ctorch_tensor target, double factor);

// MARK: Autograd (Autograd.cpp)

ctorch_status ctorch_set_requires_gradient(ctorch_tensor tensor, bool required);
bool ctorch_requires_gradient(ctorch_tensor tensor);
ctorch_status ctorch_backward(ctorch_tensor loss);
/// The accumulated gradient; an undefined tensor when there is none.
ctorch_status ctorch_gradient(ctorch_tensor tensor, ctorch_tensor *out);
ctorch_status ctorch_clear_gradient(ctorch_tensor tensor);
ctorch_status ctorch_detach(ctorch_tensor tensor, ctorch_tensor *out);
/// The values of `copy` as a function of `weight`, whose values in another type they are: gradients go to the weight.
ctorch_status ctorch_stand_in(ctorch_tensor weight, ctorch_tensor copy, ctorch_tensor *out);
/// Whether the gradient of a leaf keeps the type in which backward computed it; otherwise it has the leaf's.
ctorch_status ctorch_set_keeps_gradient_type(ctorch_tensor leaf, bool keeps);
/// A stretch of the forward pass: `input` belongs to it, the result to the caller.
typedef ctorch_tensor (*ctorch_stretch)(void *context, ctorch_tensor input);
/// `run(context, input)` without keeping what it computes on the way: backward runs it again, and adds gradients to whatever
/// it reads. `release(context)` is called once, when nothing can run it any more.
ctorch_status ctorch_recompute(
    ctorch_tensor input, ctorch_stretch run, void (*release)(void *context), void *context, ctorch_tensor *out);
/// A number that grows whenever libtorch changes the tensor in place.
ctorch_status ctorch_version(ctorch_tensor tensor, int64_t *out);

// MARK: Elementwise (Elementwise.cpp)

typedef enum {
    CTORCH_NEGATE, CTORCH_EXP, CTORCH_LOG, CTORCH_LOG1P, CTORCH_EXPM1, CTORCH_SQRT, CTORCH_RSQRT, CTORCH_SQUARE, CTORCH_ABS,
    CTORCH_SIGMOID, CTORCH_LOG_SIGMOID, CTORCH_TANH, CTORCH_SILU, CTORCH_GELU_TANH, CTORCH_SOFTPLUS, CTORCH_COS, CTORCH_SIN,
    CTORCH_IS_FINITE, CTORCH_NOT,
} ctorch_unary_operation;
ctorch_status ctorch_unary(ctorch_unary_operation operation, ctorch_tensor tensor, ctorch_tensor *out);

typedef enum {
    CTORCH_ADD, CTORCH_SUBTRACT, CTORCH_MULTIPLY, CTORCH_DIVIDE, CTORCH_MINIMUM, CTORCH_MAXIMUM,
    CTORCH_EQUAL, CTORCH_NOT_EQUAL, CTORCH_LESS, CTORCH_LESS_EQUAL, CTORCH_GREATER, CTORCH_GREATER_EQUAL,
    CTORCH_AND, CTORCH_OR,
} ctorch_binary_operation;
ctorch_status ctorch_binary(ctorch_binary_operation operation, ctorch_tensor a, ctorch_tensor b, ctorch_tensor *out);
ctorch_status ctorch_binary_scalar(ctorch_binary_operation operation, ctorch_tensor a, double b, ctorch_tensor *out);
ctorch_status ctorch_pow(ctorch_tensor tensor, double exponent, ctorch_tensor *out);
ctorch_status ctorch_clamp(ctorch_tensor tensor, double low, double high, ctorch_tensor *out);
ctorch_status ctorch_where(ctorch_tensor condition, ctorch_tensor a, ctorch_tensor b, ctorch_tensor *out);
ctorch_status ctorch_masked_fill(ctorch_tensor tensor, ctorch_tensor mask, double value, ctorch_tensor *out);

// MARK: Reductions and orderings (Reductions.cpp)

typedef enum {
    CTORCH_SUM, CTORCH_MEAN, CTORCH_MAX, CTORCH_MIN, CTORCH_ARGMAX, CTORCH_LOG_SUM_EXP,
} ctorch_reduction;
ctorch_status ctorch_reduce(ctorch_reduction reduction, ctorch_tensor tensor, ctorch_tensor *out);
ctorch_status ctorch_reduce_dimension(
    ctorch_reduction reduction, ctorch_tensor tensor, int64_t dimension, bool keep, ctorch_tensor *out);
ctorch_status ctorch_softmax(ctorch_tensor tensor, int64_t dimension, ctorch_tensor *out);
ctorch_status ctorch_log_softmax(ctorch_tensor tensor, int64_t dimension, ctorch_tensor *out);
ctorch_status ctorch_cumulative_sum(ctorch_tensor tensor, int64_t dimension, ctorch_tensor *out);
ctorch_status ctorch_sort(
    ctorch_tensor tensor, int64_t dimension, bool descending, ctorch_tensor *values, ctorch_tensor *indices);
ctorch_status ctorch_top_k(ctorch_tensor tensor, int64_t k, ctorch_tensor *values, ctorch_tensor *indices);
/// For every row, the first position whose value exceeds the row's own threshold: `sorted` [.., N], `values` [.., K].
ctorch_status ctorch_search_sorted(ctorch_tensor sorted, ctorch_tensor values, bool right, ctorch_tensor *out);

// MARK: Shapes and indexing (Shapes.cpp)

ctorch_status ctorch_reshape(ctorch_tensor tensor, const int64_t *shape, size_t rank, ctorch_tensor *out);
ctorch_status ctorch_expand(ctorch_tensor tensor, const int64_t *shape, size_t rank, ctorch_tensor *out);
ctorch_status ctorch_transpose(ctorch_tensor tensor, int64_t a, int64_t b, ctorch_tensor *out);
ctorch_status ctorch_unsqueeze(ctorch_tensor tensor, int64_t dimension, ctorch_tensor *out);
ctorch_status ctorch_squeeze(ctorch_tensor tensor, int64_t dimension, ctorch_tensor *out);
ctorch_status ctorch_narrow(
    ctorch_tensor tensor, int64_t dimension, int64_t start, int64_t length, ctorch_tensor *out);
ctorch_status ctorch_concatenate(const ctorch_tensor *tensors, size_t count, int64_t dimension, ctorch_tensor *out);
ctorch_status ctorch_stack(const ctorch_tensor *tensors, size_t count, int64_t dimension, ctorch_tensor *out);
ctorch_status ctorch_index_select(ctorch_tensor tensor, int64_t dimension, ctorch_tensor indices, ctorch_tensor *out);
ctorch_status ctorch_gather(ctorch_tensor tensor, int64_t dimension, ctorch_tensor indices, ctorch_tensor *out);
ctorch_status ctorch_scatter(
    ctorch_tensor tensor, int64_t dimension, ctorch_tensor indices, ctorch_tensor source, ctorch_tensor *out);
/// A copy of `tensor` [B] with `source` [C] added where `indices` [C] point, repeated indices included.
ctorch_status ctorch_index_add(ctorch_tensor tensor, ctorch_tensor indices, ctorch_tensor source, ctorch_tensor *out);
/// `target[rows[i], ..] = source[i, ..]`, in place.
ctorch_status ctorch_index_copy_into(
    ctorch_tensor target, int64_t dimension, ctorch_tensor indices, ctorch_tensor source);

// MARK: Linear algebra and layers (Layers.cpp)

ctorch_status ctorch_matmul(ctorch_tensor a, ctorch_tensor b, ctorch_tensor *out);
/// `bias` may be NULL.
ctorch_status ctorch_linear(ctorch_tensor input, ctorch_tensor weight, ctorch_tensor bias, ctorch_tensor *out);
ctorch_status ctorch_embedding(ctorch_tensor weight, ctorch_tensor indices, ctorch_tensor *out);
ctorch_status ctorch_rms_norm(ctorch_tensor input, ctorch_tensor weight, double epsilon, ctorch_tensor *out);
ctorch_status ctorch_dropout(ctorch_tensor input, double probability, ctorch_generator generator, ctorch_tensor *out);
/// The settings of a low-rank adapter: what its output is multiplied by, and the chance that an element of its input is
/// dropped, drawn from `generator`, which may be NULL where the chance is 0.
typedef struct {
    double scale, dropout;
    ctorch_generator generator;
} ctorch_adapter;
/// x · weightᵀ + bias + scale · dropped(x) · downᵀ · upᵀ: x [.., K], weight [N, K], `bias` [N] or NULL, down [R, K], up [N, R]
/// → [.., N]. x is `input`, or silu(input) · values where `values` [.., K] is not NULL, which backward computes again.
ctorch_status ctorch_adapted_linear(
    ctorch_tensor input, ctorch_tensor values, ctorch_tensor weight, ctorch_tensor bias, ctorch_tensor down,
    ctorch_tensor up, ctorch_adapter settings, ctorch_tensor *out);
/// `input` [N, H, D], `cosine` and `sine` [N, D/2]: each pair (i, i + D/2) of a head is turned by its row's angle.
ctorch_status ctorch_rotate(ctorch_tensor input, ctorch_tensor cosine, ctorch_tensor sine, ctorch_tensor *out);
/// silu(gate) · up; with `up` NULL the last dimension of `gate`, [.., 2F], holds the gate and then the values.
ctorch_status ctorch_swiglu(ctorch_tensor gate, ctorch_tensor up, ctorch_tensor *out);
/// silu(gate) · up · weightᵀ, of which backward computes the product of gate and up again: gate and up [.., F], weight
/// [N, F] → [.., N].
ctorch_status ctorch_gated_linear(ctorch_tensor gate, ctorch_tensor up, ctorch_tensor weight, ctorch_tensor *out);
/// Query [B, H, T, D], key and value [B, KV, S, D]; `mask` (may be NULL) is added to the scores, broadcast to [B, H, T, S].
/// Scores are multiplied by `scale`; 0 stands for 1/√D.
ctorch_status ctorch_attention(
    ctorch_tensor query, ctorch_tensor key, ctorch_tensor value, ctorch_tensor mask, bool causal, double scale,
    ctorch_tensor *out);
/// Causal attention inside each of `count` consecutive segments: query [N, H, D], key and value [N, KV, D] → [N, H, D].
/// `prefixes` (may be NULL) names for each segment an earlier one whose rows it sees before its own, or −1. A row sees `window`
/// rows, its own included; 0 stands for all before. `scale` as above.
ctorch_status ctorch_segment_attention(
    ctorch_tensor query, ctorch_tensor key, ctorch_tensor value, const int64_t *lengths, const int64_t *prefixes,
    size_t count, int64_t window, double scale, ctorch_tensor *out);

// MARK: Kernels (Kernels/)

/// For rows `hidden` [N, H], a head `weight` [V, H] and `targets` [N]: the log-probability of each target, the entropy of
/// each distribution (both [N], fp32, differentiable; fp64 where all inputs are), whether the target is the argmax, and the
/// mean logit, at the given temperature. The [N, V] logits are never built: rows go through in chunks, accumulated in fp32.
ctorch_status ctorch_token_log_probabilities(
    ctorch_tensor hidden, ctorch_tensor weight, ctorch_tensor targets, double temperature,
    ctorch_tensor *log_probabilities, ctorch_tensor *entropies, ctorch_tensor *is_top, ctorch_tensor *mean_logits);

/// The logits hidden · weightᵀ, [N, V], in fp32 from bf16 too; differentiable.
ctorch_status ctorch_head_logits(ctorch_tensor hidden, ctorch_tensor weight, ctorch_tensor *out);
/// How tokens are drawn. Filters apply in this order; penalty 1, k 0, top-p 1 and min-p 0 are off, temperature 0 is greedy.
typedef struct {
    double repetition_penalty, temperature;
    int64_t top_k;
    double top_p, min_p;
} ctorch_sampling;
typedef struct { const int64_t *tokens; size_t count; } ctorch_token_list;
/// Draws one token per row of `logits` (fp32 [n, V] on the CPU) by its uniform number in [0, 1), with its log-probability under
/// the distribution it was drawn from. `previous` are the tokens that the penalty applies to, one list per row.
ctorch_status ctorch_draw_tokens(
    ctorch_tensor logits, ctorch_sampling sampling, const float *uniforms, const ctorch_token_list *previous,
    int64_t *tokens, float *log_probabilities);

/// The settings of an AdamW step; `step` counts from 1, and the gradient is multiplied by `gradient_scale` first.
typedef struct {
    double learning_rate, beta1, beta2, epsilon, weight_decay, gradient_scale;
    int64_t step;
} ctorch_adamw;
/// One step in place on a parameter and its two moments, all of one shape; the result is also written to `copy`, a
/// tensor of another type, unless it is NULL.
ctorch_status ctorch_adamw_step(
    ctorch_tensor parameter, ctorch_tensor gradient, ctorch_tensor first_moment, ctorch_tensor second_moment,
    ctorch_tensor copy, ctorch_adamw settings);
/// The L2 norm of all elements of all tensors together, accumulated in fp64.
ctorch_status ctorch_global_norm(const ctorch_tensor *tensors, size_t count, double *out);

// MARK: Decoding (Decoder/)

/// A whole decoder laid out for passes without gradients on the CPU, with the keys and values of the sequences it works on.
typedef struct ctorch_decoder_s *ctorch_decoder;

/// Weights of one layer, [outputs, inputs] each. Norms and biases may be NULL; `_output_norm` are those of what attention and
/// feed-forward add. The norms of queries and keys are of one head, [D], or of all of them, [H · D] and [KV · D].
typedef struct {
    ctorch_tensor attention_norm, query, key, value, query_bias, key_bias, value_bias, query_norm, key_norm;
    ctorch_tensor output, output_bias, attention_output_norm;
    ctorch_tensor feed_forward_norm, gate, up, down, gate_bias, up_bias, down_bias, feed_forward_output_norm;
    /// The angles of all positions, [P, R/2] each, of which the first R dimensions of a head turn; NULL without positions.
    ctorch_tensor cosine, sine;
    /// How many tokens a row sees, its own included; 0: all before.
    int64_t window;
} ctorch_decoder_layer;

/// What is around the layers.
typedef struct {
    int64_t head_count, key_value_head_count, head_size;
    /// How long sequences may be.
    int64_t position_count;
    double norm_epsilon;
    /// What embeddings, scores, and what blocks add are multiplied by; the second 0 for 1/√D.
    double embedding_scale, attention_scale, residual_scale;
    /// Whether gates are GELUs, by tanh, in place of SiLUs.
    bool gelu;
    /// [V, H], [H], [V, H] or NULL.
    ctorch_tensor embedding, final_norm, head;
} ctorch_decoder_frame;

/// Tokens, the sequences they continue (slots) and their positions there; rows of one slot are together, in order. `wanted`
/// are indices of rows, ascending.
typedef struct {
    const int64_t *tokens, *slots, *positions;
    size_t count;
    const int64_t *wanted;
    size_t wanted_count;
} ctorch_decoder_rows;

/// A decoder without layers, whose weights are rounded to `type`: fp32, bf16, or int8, which matrices
/// alone are. Products are in it where the processor has them, otherwise of rows in fp32. Matrices are copied, the embedding
/// and the norms need not be.
ctorch_status ctorch_decoder_create(const ctorch_decoder_frame *frame, int32_t type, ctorch_decoder *out);
void ctorch_decoder_free(ctorch_decoder decoder);
/// Puts a layer on top of those there are.
ctorch_status ctorch_decoder_append(ctorch_decoder decoder, const ctorch_decoder_layer *layer);
/// Room for `slots` sequences of up to `capacity` tokens; whatever was cached is gone.
ctorch_status ctorch_decoder_reserve(ctorch_decoder decoder, int64_t slots, int64_t capacity);
ctorch_status ctorch_decoder_copy_slot(ctorch_decoder decoder, int64_t source, int64_t target, int64_t length);
/// Runs the rows; the logits of those wanted, [wanted, V] in fp32; without a head their last states, [wanted, H].
ctorch_status ctorch_decoder_outputs(ctorch_decoder decoder, ctorch_decoder_rows rows, ctorch_tensor *out);
/// What a decoder of `type` does with each of its matrices: rows [n, inputs] · weightsᵀ of `count` weights below each other,
/// [n, outputs] in fp32, added to `addend` unless it is NULL.
ctorch_status ctorch_decoder_product(
    ctorch_tensor rows, const ctorch_tensor *weights, size_t count, int32_t type, ctorch_tensor addend,
    ctorch_tensor *out);

// MARK: Randomness (Random.cpp)

ctorch_status ctorch_generator_create(uint64_t seed, ctorch_device device, ctorch_generator *out);
void ctorch_generator_free(ctorch_generator generator);
ctorch_status ctorch_generator_state(ctorch_generator generator, ctorch_tensor *out);
ctorch_status ctorch_generator_set_state(ctorch_generator generator, ctorch_tensor state);
ctorch_status ctorch_random_uniform(
    const int64_t *shape, size_t rank, ctorch_generator generator, ctorch_device device, ctorch_tensor *out);
ctorch_status ctorch_random_normal(
    const int64_t *shape, size_t rank, ctorch_generator generator, ctorch_device device, ctorch_tensor *out);
ctorch_status ctorch_random_permutation(int64_t count, ctorch_generator generator, ctorch_tensor *out);

#ifdef __cplusplus
}
#endif

#endif
