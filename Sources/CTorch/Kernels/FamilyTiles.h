/// Which tiles of a family of sequences see which, for attention in any precision.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "AttentionTiles.h"

namespace ctorch {

/// Rows of a tile.
constexpr int64_t tile = 64;

/// Up to 64 rows of one head in a batch.
template <typename T>
struct HeadRows {
    const T *first;
    int64_t stride, count;

    const T *row(int64_t i) const { return i < count ? first + i * stride : nullptr; }
};

/// A tile of a family: its number among all tiles, its sequence, and the first of its rows there.
struct Tile {
    int64_t number;
    size_t sequence;
    int64_t first;
};

/// How many of a tile's keys a query's row sees: all that there are, or those up to itself.
struct Visible {
    int64_t count;
    bool isOwn;

    int64_t operator()(int64_t row) const { return isOwn ? row + 1 : count; }
};

/// The rows of a family in tiles, and the order in which queries meet keys.
class FamilyTiles {
public:
    FamilyTiles(const Family &family, const AttentionShape &shape) : family_(family), shape_(shape) {
        for (size_t s = 0; s < family.size(); s++) {
            firstTiles_.push_back(static_cast<int64_t>(tiles_.size()));
            for (int64_t first = 0; first < family[s].length; first += tile) {
                tiles_.push_back({static_cast<int64_t>(tiles_.size()), s, first});
            }
        }
    }

    const std::vector<Tile> &all() const { return tiles_; }
    int64_t count() const { return static_cast<int64_t>(tiles_.size()); }

    /// Calls `body(tile, visible)` for the tiles that the queries of `own` see.
    template <typename Body>
    void forEachSeen(const Tile &own, const Body &body) const {
        if (own.sequence > 0) {
            for (int64_t i = 0; i * tile < family_[0].length; i++) {
                body(all()[static_cast<size_t>(i)], Visible{std::min(tile, family_[0].length - i * tile), false});
            }
        }
        for (int64_t i = firstTiles_[own.sequence]; i < own.number; i++) {
            body(all()[static_cast<size_t>(i)], Visible{tile, false});
        }
        body(own, Visible{tile, true});
    }

    /// Where the tile begins in the batch.
    int64_t row(const Tile &t) const { return family_[t.sequence].start + t.first; }

    /// Where the tile's rows of one head out of `heads` begin in the batch.
    int64_t place(int64_t heads, int64_t head, const Tile &t) const { return (row(t) * heads + head) * shape_.size; }

    /// The tile's rows of one head out of `heads`.
    template <typename T>
    HeadRows<T> rows(const T *batch, int64_t heads, int64_t head, const Tile &t) const {
        const auto count = std::min(tile, family_[t.sequence].length - t.first);
        return {batch + place(heads, head, t), heads * shape_.size, count};
    }

private:
    const Family &family_;
    const AttentionShape &shape_;
    std::vector<Tile> tiles_;
    std::vector<int64_t> firstTiles_;
};

/// What one query has seen so far: its largest score, and the sum of exponentials relative to it.
struct Running {
    float maximum = -INFINITY, sum = 0;
};

/// What backward knows of a query besides its scores.
struct QueryStatistics {
    float logSum = 0, delta = 0;
};

}  // namespace ctorch
