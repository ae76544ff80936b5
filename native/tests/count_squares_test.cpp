#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "ballast/kernels.h"
#include "check.h"

namespace {

constexpr std::size_t kBins = 1 << 16;

std::vector<float> values_of(std::size_t size) {
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    std::vector<float> values(size);
    for (std::size_t i = 0; i < size; ++i) {
        // 0, too small to square, and no number: none of them counts.
        values[i] = i % 7 == 0 ? 0.0F : i % 11 == 0 ? 1e-30F : i % 13 == 0 ? std::nanf("") : normal(random);
    }
    return values;
}

std::int32_t count(const std::vector<float> &values, std::int32_t top, std::vector<std::int64_t> &counts,
                   std::int32_t threads = 2) {
    return ballast_count_squares(BALLAST_ABI_VERSION, static_cast<std::int64_t>(values.size()), values.data(), top,
                                 counts.data(), threads);
}

void squares_above_0_are_counted_by_their_bits() {
    for (const std::size_t size : {0, 1, 17, 1025, 1048577}) {
        const std::vector<float> values = values_of(size);
        for (const std::int32_t top : {-1, 0x3f80, 0x3e00}) {
            std::vector<std::int64_t> expected(kBins, 3), counts(kBins, 3);
            for (const float value : values) {
                const float square = value * value;
                std::uint32_t bits;
                std::memcpy(&bits, &square, 4);
                if (square > 0 && top < 0) {
                    ++expected[bits >> 16];
                } else if (square > 0 && bits >> 16 == static_cast<std::uint32_t>(top)) {
                    ++expected[bits & 0xFFFF];
                }
            }
            CHECK(count(values, top, counts) == BALLAST_OK);
            CHECK(counts == expected);
        }
    }
}

void any_number_of_threads_counts_alike() {
    const std::vector<float> values = values_of(3000001);
    std::vector<std::int64_t> one(kBins), many(kBins);
    CHECK(count(values, -1, one, 1) == BALLAST_OK && count(values, -1, many, 5) == BALLAST_OK);
    CHECK(one == many);
}

void wrong_calls_are_refused() {
    const std::vector<float> values = values_of(3);
    std::vector<std::int64_t> counts(kBins);
    CHECK(count(values, 1 << 16, counts) == BALLAST_ERROR_SETTING);
    CHECK(count(values, -1, counts, 0) == BALLAST_ERROR_THREADS);
    CHECK(ballast_count_squares(BALLAST_ABI_VERSION, -1, values.data(), -1, counts.data(), 1) == BALLAST_ERROR_SIZE);
    const auto code = BALLAST_ERROR_NULL_POINTER;
    CHECK(ballast_count_squares(BALLAST_ABI_VERSION, 3, nullptr, -1, counts.data(), 1) == code);
    CHECK(ballast_count_squares(BALLAST_ABI_VERSION, 3, values.data(), -1, nullptr, 1) == code);
    CHECK(ballast_count_squares(0, 3, values.data(), -1, counts.data(), 1) == BALLAST_ERROR_ABI_VERSION);
    CHECK(counts == std::vector<std::int64_t>(kBins));
}

}  // namespace

int main() {
    RUN(squares_above_0_are_counted_by_their_bits);
    RUN(any_number_of_threads_counts_alike);
    RUN(wrong_calls_are_refused);
}
