/// What products in 8 bits are made of: tiles of rows against panels beside each other, for each kind of processor.
#pragma once

#include <algorithm>

#include "BytePanels.h"
#include "Floats.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ctorch::bytes {

/// 32 neighbours of a row of states.
struct Block {
    Word words[blockWords];
    /// −128 times the sum of the whole numbers: makes up for weights that are read as numbers from 1 to 255.
    int32_t correction;
    float scale;
};

/// A tile's part of a product: the rows of states and the first of its panels.
struct Tile {
    const Block *states;
    int64_t blocks;
    const Word *panel;
    /// Words of a panel, and how many of them come before its scales.
    int64_t panelSize, scales;
    /// What is fetched into the cache meanwhile.
    const Word *next;
    /// Outputs from the first panel's on.
    int64_t outputs;
    panels::Target target;

    CTORCH_INLINE const Block &block(int row, int64_t index) const { return states[row * blocks + index]; }

    CTORCH_INLINE int64_t offset(int p, int64_t block, int64_t word) const {
        return p * panelSize + (block * blockWords + word) * width;
    }

    CTORCH_INLINE Floats scale(int p, int64_t block) const {
        return Floats::load(reinterpret_cast<const c10::BFloat16 *>(panel + p * panelSize + scales) + block * width);
    }

    /// Writes the 16 sums of a row and a panel, or as many of them as there are outputs.
    CTORCH_INLINE void put(int row, int p, Floats total) const {
        auto *out = target.memory + row * target.stride + p * width;
        const auto n = std::min(outputs - p * width, width);
        (target.adding ? Floats::load(out, n) + total : total).store(out, n);
    }
};

/// Whole numbers as fp32, which holds the sum of a block exactly.
struct Portable {
    static constexpr int rows = 3, sums = 3;

    template <int rows, int panelCount>
    static void multiply(Tile tile) {
        Floats totals[rows][panelCount] = {};
        for (int64_t block = 0; block < tile.blocks; block++) {
            Floats sums[rows][panelCount] = {};
            for (int64_t word = 0; word < blockWords; word++) {
                for (int byte = 0; byte < 4; byte++) addProducts(sums, tile, block, word, 24 - 8 * byte);
            }
            for (int p = 0; p < panelCount; p++) {
                const auto scale = tile.scale(p, block);
                for (int row = 0; row < rows; row++) {
                    const auto both = scale * Floats::all(tile.block(row, block).scale);
                    totals[row][p] = multiplyAdd(sums[row][p], both, totals[row][p]);
                }
            }
        }
        for (int p = 0; p < panelCount; p++) {
            for (int row = 0; row < rows; row++) tile.put(row, p, totals[row][p]);
        }
    }

private:
    template <int rows, int panelCount>
    static CTORCH_INLINE void addProducts(
        Floats (&sums)[rows][panelCount], const Tile &tile, int64_t block, int64_t word, int shift
    ) {
        for (int p = 0; p < panelCount; p++) {
            Floats::Words line;
            std::memcpy(&line, tile.panel + tile.offset(p, block, word), sizeof(line));
            const Floats weight = {__builtin_convertvector((Floats::Bits)(line << shift) >> 24, Floats::Lanes)};
            for (int row = 0; row < rows; row++) {
                const auto state = static_cast<int32_t>(tile.block(row, block).words[word] << shift) >> 24;
                sums[row][p] = multiplyAdd(weight, Floats::all(static_cast<float>(state)), sums[row][p]);
            }
        }
    }
};

#if defined(__x86_64__)

#define CTORCH_AVX2_BYTES __attribute__((target(CTORCH_V3_FEATURES)))
#define CTORCH_DOT_BYTES __attribute__((target(CTORCH_V4_FEATURES ",avx512vnni")))

/// Products of a number without a sign and one with it, two of which are added in 16 bits: the weight's sign goes to the state.
struct AVX2 {
    static constexpr int rows = 4, sums = 4;

    template <int rows, int panelCount>
    CTORCH_AVX2_BYTES static void multiply(Tile tile) {
        constexpr int halves = 2 * panelCount;
        __m256 totals[rows][halves];
        for (auto &row : totals) std::fill(row, row + halves, _mm256_setzero_ps());
        const auto ones = _mm256_set1_epi16(1);
        for (int64_t block = 0; block < tile.blocks; block++) {
            __m256i sums[rows][halves];
            for (auto &row : sums) std::fill(row, row + halves, _mm256_setzero_si256());
            for (int64_t word = 0; word < blockWords; word++) {
                __m256i weights[halves], magnitudes[halves];
                for (int p = 0; p < panelCount; p++) {
                    const auto offset = tile.offset(p, block, word);
                    _mm_prefetch(tile.next + offset, _MM_HINT_T1);
                    for (int half = 0; half < 2; half++) {
                        const auto *line = reinterpret_cast<const __m256i *>(tile.panel + offset) + half;
                        weights[2 * p + half] = _mm256_loadu_si256(line);
                        magnitudes[2 * p + half] = _mm256_abs_epi8(weights[2 * p + half]);
                    }
                }
                for (int row = 0; row < rows; row++) {
                    const auto state = _mm256_set1_epi32(static_cast<int>(tile.block(row, block).words[word]));
                    for (int h = 0; h < halves; h++) {
                        const auto pairs = _mm256_maddubs_epi16(magnitudes[h], _mm256_sign_epi8(state, weights[h]));
                        sums[row][h] = _mm256_add_epi32(sums[row][h], _mm256_madd_epi16(pairs, ones));
                    }
                }
            }
            for (int h = 0; h < halves; h++) {
                const auto scales = tile.scale(h / 2, block);
                const auto scale = _mm256_loadu_ps(reinterpret_cast<const float *>(&scales) + h % 2 * 8);
                for (int row = 0; row < rows; row++) {
                    const auto both = _mm256_mul_ps(scale, _mm256_set1_ps(tile.block(row, block).scale));
                    totals[row][h] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[row][h]), both, totals[row][h]);
                }
            }
        }
        for (int p = 0; p < panelCount; p++) {
            for (int row = 0; row < rows; row++) {
                Floats total;
                std::memcpy(&total, totals[row] + 2 * p, sizeof(total));
                tile.put(row, p, total);
            }
        }
    }
};

/// Four products at once, again of a number without a sign and one with it: weights are read as 128 more than they are.
struct Dot {
    static constexpr int rows = 8, sums = 8;

    template <int rows, int panelCount>
    CTORCH_DOT_BYTES static void multiply(Tile tile) {
        Floats totals[rows][panelCount] = {};
        const auto sign = _mm512_set1_epi8(-128);
        for (int64_t block = 0; block < tile.blocks; block++) {
            __m512i sums[rows][panelCount];
            for (int row = 0; row < rows; row++) {
                std::fill(sums[row], sums[row] + panelCount, _mm512_set1_epi32(tile.block(row, block).correction));
            }
            for (int64_t word = 0; word < blockWords; word++) {
                __m512i weights[panelCount];
                for (int p = 0; p < panelCount; p++) {
                    const auto offset = tile.offset(p, block, word);
                    _mm_prefetch(tile.next + offset, _MM_HINT_T1);
                    weights[p] = _mm512_xor_si512(_mm512_loadu_si512(tile.panel + offset), sign);
                }
                for (int row = 0; row < rows; row++) {
                    const auto state = _mm512_set1_epi32(static_cast<int>(tile.block(row, block).words[word]));
                    for (int p = 0; p < panelCount; p++) {
                        sums[row][p] = _mm512_dpbusd_epi32(sums[row][p], weights[p], state);
                    }
                }
            }
            for (int p = 0; p < panelCount; p++) {
                const auto scale = tile.scale(p, block);
                for (int row = 0; row < rows; row++) {
                    const auto both = scale * Floats::all(tile.block(row, block).scale);
                    totals[row][p] = multiplyAdd({_mm512_cvtepi32_ps(sums[row][p])}, both, totals[row][p]);
                }
            }
        }
        for (int p = 0; p < panelCount; p++) {
            for (int row = 0; row < rows; row++) tile.put(row, p, totals[row][p]);
        }
    }
};

#endif

}  // namespace ctorch::bytes
