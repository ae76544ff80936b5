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

// A tensor in blocks, whose sums are added up in their order whoever computed them.
Sums finish_tensor(std::int64_t size, float *omega, const float *start, const float *end, float xi,
                   std::int32_t threads) {
    std::vector<Sums> blocks(static_cast<std::size_t>(size / ballast::kBlock + 1));
    ballast::for_each_block(size, ballast::kBlock, threads, [&](std::int64_t begin, std::int64_t stop) {
        blocks[static_cast<std::size_t>(begin / ballast::kBlock)] =
            finish_block(stop - begin, omega + begin, start ? start + begin : nullptr, end + begin, xi);
    });
    Sums sums{};
    for (const Sums &block : blocks) {
        sums.omega += block.omega;
        sums.negative += block.negative;
        sums.importance += block.importance;
        sums.importance_squares += block.importance_squares;
    }
    return sums;
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
    for (std::int64_t i = 0; i < count; ++i) {
        sums[i] = sizes[i] == 0 ? Sums{}
                                : finish_tensor(sizes[i], omegas[i], starts ? starts[i] : nullptr, ends[i],
                                                static_cast<float>(xi), threads);
    }
    return BALLAST_OK;
} catch (...) {
    return ballast::code_of_exception();
}
