// What the kernels of the retention penalty share: the anchor's pieces in binary32, sums, and what a call must bring.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "ballast/kernels.h"
#include "elements.h"
#include "multiversion.h"
#include "parallel.h"
#include "sums.h"
#include "tensors.h"

namespace ballast {

// k of the proximal step for an importance of 1; an infinite strength on an importance of 0 must still leave it alone.
inline float stiffness(double strength, double learning_rate) {
    return static_cast<float>(std::min(2 * learning_rate * strength, static_cast<double>(kLargestStiffness)));
}

[[maybe_unused]] BALLAST_MULTIVERSION
static void widen(std::int64_t size, const std::uint16_t *__restrict narrow, float *__restrict wide) {
    for (std::int64_t i = 0; i < size; ++i) {
        wide[i] = widened(narrow[i]);
    }
}

[[maybe_unused]] BALLAST_MULTIVERSION
static void decode(std::int64_t size, const std::uint8_t *__restrict codes, float scale, float *__restrict wide) {
    for (std::int64_t i = 0; i < size; ++i) {
        wide[i] = decoded(codes[i], scale);
    }
}

// Elements [at, at + size) of a tensor's reference: in place, or widened into `room`.
inline const float *reference_of(const ballast_penalty &p, std::size_t tensor, std::int64_t at, std::int64_t size,
                          float *room) {
    if (p.reference_types[tensor] == BALLAST_FLOAT32) {
        return static_cast<const float *>(p.references[tensor]) + at;
    }
    widen(size, static_cast<const std::uint16_t *>(p.references[tensor]) + at, room);
    return room;
}

// As reference_of, of the importance.
inline const float *importance_of(const ballast_penalty &p, std::size_t tensor, std::int64_t at, std::int64_t size,
                           float *room) {
    const void *const held = p.importances[tensor];
    switch (p.importance_types[tensor]) {
        case BALLAST_FLOAT32: return static_cast<const float *>(held) + at;
        case BALLAST_BFLOAT16: widen(size, static_cast<const std::uint16_t *>(held) + at, room); break;
        case BALLAST_ONE: std::fill_n(room, size, *static_cast<const float *>(held)); break;
        default:
            for (std::int64_t done = 0; done < size;) {
                const std::int64_t row = (at + done) / p.row_lengths[tensor];
                const std::int64_t stop = std::min(size, (row + 1) * p.row_lengths[tensor] - at);
                decode(stop - done, static_cast<const std::uint8_t *>(held) + at + done, p.row_scales[tensor][row],
                       room + done);
                done = stop;
            }
    }
    return room;
}


// Calls body(size, at, importance, reference) for every piece of a part of a tensor.
template <typename Body>
void for_each_piece(const ballast_penalty &penalty, std::size_t tensor, std::int64_t at, std::int64_t size,
                    const Body &body) {
    alignas(64) float importance_room[kPiece];
    alignas(64) float reference_room[kPiece];
    for (const std::int64_t end = at + size; at < end; at += kPiece) {
        const std::int64_t piece = std::min(kPiece, end - at);
        body(piece, at, importance_of(penalty, tensor, at, piece, importance_room),
             reference_of(penalty, tensor, at, piece, reference_room));
    }
}

inline std::int32_t check_codes(const ballast_penalty &p, std::int64_t i) {
    if (p.importance_types[i] != BALLAST_CODES) {
        return BALLAST_OK;
    }
    if (!p.row_scales || !p.row_scales[i] || !p.row_lengths) {
        return BALLAST_ERROR_NULL_POINTER;
    }
    return p.row_lengths[i] > 0 ? BALLAST_OK : BALLAST_ERROR_SIZE;
}

// What is wrong with a penalty, else BALLAST_OK.
inline std::int32_t check_penalty(std::int64_t count, const std::int64_t *sizes, const ballast_penalty *penalty) {
    if (!penalty) {
        return BALLAST_ERROR_NULL_POINTER;
    }
    const ballast_penalty &p = *penalty;
    const bool arrays = count == 0 || (p.strengths && p.importance_types && p.reference_types);
    if (!arrays || !complete(count, sizes, p.importances) || !complete(count, sizes, p.references)) {
        return BALLAST_ERROR_NULL_POINTER;
    }
    for (std::int64_t i = 0; i < count; ++i) {
        if (p.importance_types[i] < BALLAST_FLOAT32 || p.importance_types[i] > BALLAST_ONE ||
            (p.reference_types[i] != BALLAST_FLOAT32 && p.reference_types[i] != BALLAST_BFLOAT16)) {
            return BALLAST_ERROR_TYPE;
        }
        if (!(p.strengths[i] >= 0)) {
            return BALLAST_ERROR_SETTING;
        }
        const std::int32_t code = sizes[i] == 0 ? static_cast<std::int32_t>(BALLAST_OK) : check_codes(p, i);
        if (code != BALLAST_OK) {
            return code;
        }
    }
    return BALLAST_OK;
}

}  // namespace ballast
