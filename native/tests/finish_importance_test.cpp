#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "adamw_fixture.h"
#include "check.h"

namespace {

using ballast_test::Adamw;
using ballast_test::Buffers;

const std::vector<std::int64_t> kSizes{1, 0, 15, 16, 17, 255, 257, 1000, 262145, 700001};
constexpr double kXi = 0.25;

// The fixture's parameters as start, its gradients as end.
struct Finish : Adamw {
    explicit Finish(const std::vector<std::int64_t> &tensor_sizes, std::size_t guard = 0)
        : Adamw(tensor_sizes, guard), sums(tensor_sizes.size()) {
        for (std::size_t role = 0; role < roles.size(); ++role) {
            for (std::vector<float> &buffer : roles[role]) {
                pointers[role].push_back(buffer.data() + guard);
            }
        }
    }
    std::int32_t run(std::int32_t threads = 1, double xi = kXi) {
        return ballast_finish_importance(BALLAST_ABI_VERSION, static_cast<std::int64_t>(sizes.size()), sizes.data(),
                                         pointers[4].data(), starts ? pointers[0].data() : nullptr,
                                         pointers[1].data(), xi, sums.data(), threads);
    }
    std::array<std::vector<float *>, 5> pointers;
    std::vector<ballast_importance_sums> sums;
    bool starts = true;
};

bool near(double actual, double expected) { return std::abs(actual - expected) <= 1e-6 * (1 + std::abs(expected)); }

void importance_and_sums_are_the_written_formula_in_double() {
    for (const bool starts : {true, false}) {
        Finish finish(kSizes);
        finish.starts = starts;
        const std::array<Buffers, 5> before = finish.roles;
        CHECK(finish.run(2) == BALLAST_OK);
        for (std::size_t t = 0; t < kSizes.size(); ++t) {
            ballast_importance_sums sums{};
            for (std::size_t i = 0; i < before[0][t].size(); ++i) {
                const double moved = before[1][t][i] - (starts ? before[0][t][i] : 0.0F);
                const double omega = before[4][t][i];
                const double importance = std::fmax(omega, 0) / (moved * moved + kXi);
                CHECK(near(finish.omegas()[t][i], importance));
                sums.omega += omega;
                sums.negative += omega < 0;
                sums.importance += importance;
                sums.importance_squares += importance * importance;
            }
            CHECK(near(finish.sums[t].omega, sums.omega) && finish.sums[t].negative == sums.negative);
            CHECK(near(finish.sums[t].importance, sums.importance));
            CHECK(near(finish.sums[t].importance_squares, sums.importance_squares));
        }
        CHECK(finish.parameters() == before[0] && finish.gradients() == before[1]);
    }
}

void any_number_of_threads_gives_the_same_bits() {
    Finish one(kSizes);
    CHECK(one.run(1) == BALLAST_OK);
    for (const std::int32_t threads : {2, 7, 64}) {
        Finish many(kSizes);
        CHECK(many.run(threads) == BALLAST_OK);
        CHECK(ballast_test::same_bits(one.roles, many.roles));
        CHECK(std::memcmp(one.sums.data(), many.sums.data(), one.sums.size() * sizeof one.sums[0]) == 0);
    }
}

void nothing_is_written_outside_the_buffers() {
    Finish finish(kSizes, 5);
    CHECK(finish.run(3) == BALLAST_OK);
    for (const std::vector<float> &buffer : finish.omegas()) {
        for (std::size_t i = 0; i < 5; ++i) {
            CHECK(buffer[i] == Finish::kGuard && buffer[buffer.size() - 1 - i] == Finish::kGuard);
        }
    }
}

void what_is_not_finite_shows_in_the_sums() {
    Finish finish({40});
    finish.omegas()[0][7] = std::nanf("");
    CHECK(finish.run() == BALLAST_OK);
    CHECK(std::isnan(finish.sums[0].omega) && std::isnan(finish.sums[0].importance));
}

void wrong_calls_are_refused() {
    Finish finish({4});
    const std::array<Buffers, 5> before = finish.roles;
    for (const double xi : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
        CHECK(finish.run(1, xi) == BALLAST_ERROR_SETTING);
    }
    CHECK(finish.run(0) == BALLAST_ERROR_THREADS);
    for (const std::size_t role : {0, 1, 4}) {
        Finish without({4});
        without.pointers[role][0] = nullptr;
        CHECK(without.run() == BALLAST_ERROR_NULL_POINTER);
    }
    CHECK(ballast_finish_importance(BALLAST_ABI_VERSION, 1, finish.sizes.data(), finish.pointers[4].data(), nullptr,
                                    finish.pointers[1].data(), 1, nullptr, 1) == BALLAST_ERROR_NULL_POINTER);
    CHECK(ballast_finish_importance(BALLAST_ABI_VERSION + 1, 0, nullptr, nullptr, nullptr, nullptr, 1, nullptr, 1) ==
          BALLAST_ERROR_ABI_VERSION);
    CHECK(ballast_finish_importance(BALLAST_ABI_VERSION, 0, nullptr, nullptr, nullptr, nullptr, 1, nullptr, 1) ==
          BALLAST_OK);
    CHECK(ballast_test::same_bits(finish.roles, before));
}

}  // namespace

int main() {
    RUN(importance_and_sums_are_the_written_formula_in_double);
    RUN(any_number_of_threads_gives_the_same_bits);
    RUN(nothing_is_written_outside_the_buffers);
    RUN(what_is_not_finite_shows_in_the_sums);
    RUN(wrong_calls_are_refused);
}
