#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "ballast/kernels.h"
#include "elements.h"
#include "multiversion.h"
#include "parallel.h"
#include "prefetch.h"
#include "sums.h"
#include "tensors.h"

namespace {

using Sums = ballast_importance_sums;

// What a block's elements come to, in lanes as `ballast::Sum` has them.
struct Lanes {
    ballast::Sum omega;
    ballast::Sum importance;
    ballast::Sum importance_squares;
};

BALLAST_ELEMENT void finish_lanes(std::int64_t count, float *__restrict omega, const float *__restrict start,
                                  const float *__restrict end, float xi, Lanes &__restrict sums) {
    for (std::int64_t lane = 0; lane < count; ++lane) {
        const float before = omega[lane];
        const float importance = ballast::importance_of(before, end[lane] - start[lane], xi);
        const auto wide = static_cast<double>(importance);
        omega[lane] = importance;
        sums.omega.lanes[lane] += static_cast<double>(before);
        sums.importance.lanes[lane] += wide;
        sums.importance_squares.lanes[lane] += wide * wide;
    }
}

BALLAST_MULTIVERSION
void finish(std::int64_t size, float *__restrict omega, const float *__restrict start, const float *__restrict end,
            float xi, Lanes &__restrict sums) {
    const std::int64_t whole = size / ballast::kLanes * ballast::kLanes;
    for (std::int64_t i = 0; i < whole; i += ballast::kLanes) {
        ballast::prefetch(omega + i);
        ballast::prefetch(start + i);
        ballast::prefetch(end + i);
        finish_lanes(ballast::kLanes, omega + i, start + i, end + i, xi, sums);
    }
    finish_lanes(size - whole, omega + whole, start + whole, end + whole, xi, sums);
}

// Apart from `finish`: where GCC sees the comparison with 0 twice in one loop, it divides twice.
BALLAST_MULTIVERSION
std::int32_t negatives(std::int64_t size, const float *__restrict values) {
    std::int32_t count = 0;
    for (std::int64_t i = 0; i < size; ++i) {
        count += values[i] < 0;
    }
    return count;
}

Sums finish_block(std::int64_t size, float *omega, const float *start, const float *end, float xi) {
    static const float zeros[ballast::kPiece] = {};
    Lanes lanes;
    double negative = 0;
    for (std::int64_t i = 0; i < size; i += ballast::kPiece) {
        const std::int64_t piece = std::min(ballast::kPiece, size - i);
        negative += negatives(piece, omega + i);
        finish(piece, omega + i, start ? start + i : zeros, end + i, xi, lanes);
    }
    return {lanes.omega.value(), negative, lanes.importance.value(), lanes.importance_squares.value()};
}

void add(Sums &sums, const Sums &more) {
    sums.omega += more.omega;
    sums.negative += more.negative;
    sums.importance += more.importance;
    sums.importance_squares += more.importance_squares;
}

// Where the blocks of each tensor begin among those of all; a block has elements of one tensor alone.
ballast::Starts blocks_of(std::int64_t count, const std::int64_t *sizes) {
    std::vector<std::int64_t> blocks(static_cast<std::size_t>(count));
    std::transform(sizes, sizes + count, blocks.begin(), [](std::int64_t size) {
        return size / ballast::kBlock + (size % ballast::kBlock != 0);
    });
    return ballast::starts_of(count, blocks.data());
}

}  // namespace

std::int32_t ballast_finish_importance(std::int32_t abi_version, std::int64_t count, const std::int64_t *sizes,
                                       float *const *omegas, const float *const *starts, const float *const *ends,
                                       double xi, ballast_importance_sums *sums, std::int32_t threads) try {
    ballast::Starts row;
    const std::int32_t code = ballast::check_call(abi_version, count, sizes, threads, row);
    if (code != BALLAST_OK) {
        return code;
    }
    if (!ballast::complete(count, sizes, omegas) || (starts && !ballast::complete(count, sizes, starts)) ||
        !ballast::complete(count, sizes, ends) || (count > 0 && !sums)) {
        return BALLAST_ERROR_NULL_POINTER;
    }
    if (!std::isfinite(xi) || !(xi > 0)) {
        return BALLAST_ERROR_SETTING;
    }
    const ballast::Starts blocks = blocks_of(count, sizes);
    std::vector<Sums> of_blocks(static_cast<std::size_t>(blocks.back()));
    ballast::for_each_block(blocks.back(), 1, threads, [&](std::int64_t block, std::int64_t after) {
        ballast::for_each_part(blocks, block, after, [&](std::size_t i, std::int64_t number, std::int64_t) {
            const std::int64_t at = number * ballast::kBlock;
            of_blocks[static_cast<std::size_t>(block)] =
                finish_block(std::min(ballast::kBlock, sizes[i] - at), omegas[i] + at,
                             starts ? starts[i] + at : nullptr, ends[i] + at, static_cast<float>(xi));
        });
    });
    // In the blocks' order whoever computed them.
    std::fill_n(sums, count, Sums{});
    ballast::for_each_part(blocks, 0, blocks.back(), [&](std::size_t i, std::int64_t, std::int64_t many) {
        const auto first = of_blocks.begin() + blocks[i];
        std::for_each(first, first + many, [&](const Sums &block) { add(sums[i], block); });
    });
    return BALLAST_OK;
} catch (...) {
    return ballast::code_of_exception();
}
