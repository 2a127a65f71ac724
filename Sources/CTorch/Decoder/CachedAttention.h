/// Keys and values of many sequences for all layers, and attention of single rows to them.
///
/// For one row there is no matrix product worth the name: the time goes into reading the cache. Keys lie as [t/16][D][16] and
/// values as [t][D], so that both products run along whole vectors without sums across lanes; for the dot product instruction of
/// bf16 two neighbours along the inner dimension lie together. Every key and value read serves all query heads of its group.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

#include "Memory.h"

namespace ctorch {

/// Sizes of a cache.
struct CacheShape {
    int64_t layers, slots, capacity;
    /// Key/value heads, and query heads per each.
    int64_t heads, group;
    int64_t headSize;
};

/// Where one head of one token lies.
struct CachePlace {
    int64_t layer, slot, position, head;
};

/// Queries, probabilities and results are of type Element, keys and values are kept as Cached.
template <typename Element, typename Cached>
class CachedAttention {
public:
    explicit CachedAttention(const CacheShape &shape);

    const CacheShape &shape() const { return shape_; }

    /// Takes the rotated key and the value, [headSize] each.
    void store(const CachePlace &place, const float *key, const float *value);

    /// Softmax(q·K)·V over the `window` positions up to and including the place's own; 0: over all. `queries` [group, headSize]
    /// are rotated and scaled; → `out` [group, headSize]. `scratch` has `scratchSize` floats.
    void attend(const CachePlace &place, int64_t window, const float *queries, Element *out, float *scratch) const;
    int64_t scratchSize() const;

    /// Copies the first `length` tokens of one slot to another, in all layers.
    void copy(int64_t source, int64_t target, int64_t length);

private:
    /// Tokens and elements are rounded up to what the loops take at a time; what is added stays zero.
    CacheShape shape_;
    int64_t paddedCapacity_, paddedSize_;
    Memory<Cached> keys_, values_;

    /// Offset of a place's head at position 0.
    int64_t base(int64_t layer, int64_t slot, int64_t head) const {
        return ((layer * shape_.slots + slot) * shape_.heads + head) * paddedCapacity_ * paddedSize_;
    }
};

}  // namespace ctorch
