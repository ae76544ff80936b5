#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "ballast/kernels.h"
#include "multiversion.h"
#include "parallel.h"
#include "tensors.h"

namespace {

constexpr std::size_t kBins = 1 << 16;

// The bin of each square: the upper or lower half of its bits; kBins where it is not counted.
BALLAST_MULTIVERSION
void bins_of(std::int64_t size, const float *__restrict values, std::int32_t top, std::uint32_t *__restrict bins) {
    for (std::int64_t i = 0; i < size; ++i) {
        const float square = values[i] * values[i];
        std::uint32_t bits;
        std::memcpy(&bits, &square, sizeof bits);
        const std::uint32_t upper = bits >> 16;
        const std::uint32_t bin = top < 0 ? upper : bits & 0xFFFF;
        const bool counted = square > 0 && (top < 0 || upper == static_cast<std::uint32_t>(top));
        bins[i] = counted ? bin : static_cast<std::uint32_t>(kBins);
    }
}

// `mine`: kBins + 1 zeros, which are left as zeros.
void count_block(std::int64_t size, const float *values, std::int32_t top, std::uint32_t *mine, std::int64_t *counts) {
    constexpr std::int64_t piece = 1024;
    std::uint32_t bins[piece];
    for (std::int64_t i = 0; i < size; i += piece) {
        const std::int64_t these = std::min(piece, size - i);
        bins_of(these, values + i, top, bins);
        for (std::int64_t j = 0; j < these; ++j) {
            ++mine[bins[j]];
        }
    }
    for (std::size_t bin = 0; bin < kBins; ++bin) {
        if (mine[bin] != 0) {
            // Whole numbers: the order in which threads come makes no difference.
            __atomic_fetch_add(counts + bin, static_cast<std::int64_t>(mine[bin]), __ATOMIC_RELAXED);
        }
    }
    std::fill_n(mine, kBins + 1, 0);
}

}  // namespace

std::int32_t ballast_count_squares(std::int32_t abi_version, std::int64_t size, const float *values,
                                   std::int32_t top, std::int64_t *counts, std::int32_t threads) try {
    ballast::Starts row;
    const std::int32_t code = ballast::check_call(abi_version, 1, &size, threads, row);
    if (code != BALLAST_OK) {
        return code;
    }
    if (!counts || (!values && size != 0)) {
        return BALLAST_ERROR_NULL_POINTER;
    }
    if (top >= static_cast<std::int32_t>(kBins)) {
        return BALLAST_ERROR_SETTING;
    }
    // A block brings its counts together at its end, so it should be long beside their number.
    constexpr std::int64_t block = 4 * ballast::kBlock;
    std::vector<std::uint32_t> rooms(ballast::workers(size, block, threads) * (kBins + 1));
    ballast::for_each_block_by_worker(
        size, block, threads, [&](std::size_t worker, std::int64_t begin, std::int64_t end) {
            count_block(end - begin, values + begin, top, rooms.data() + worker * (kBins + 1), counts);
        });
    return BALLAST_OK;
} catch (...) {
    return ballast::code_of_exception();
}
