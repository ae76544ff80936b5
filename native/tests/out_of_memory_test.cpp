// A call that gets no memory at any one of its allocations is refused before anything was written, or done completely
// by fewer threads: kernels.h. The process's operator new fails when it is told to, in the library too.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <vector>

#include "check.h"
#include "penalty_fixture.h"

namespace {

constexpr long kNever = std::numeric_limits<long>::max();

// How many allocations of any thread still succeed, before all others fail.
std::atomic<long> left{kNever};

}  // namespace

void *operator new(std::size_t size) {
    if (left-- <= 0) {
        throw std::bad_alloc();
    }
    if (void *const memory = std::malloc(size == 0 ? 1 : size)) {
        return memory;
    }
    throw std::bad_alloc();
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }

namespace {

constexpr std::int32_t kThreads = 3;
const std::vector<std::int64_t> kSizes{17, 0, 300000};  // two blocks, one of them in two tensors

// What the kernels write.
struct Written {
    std::array<ballast_test::Buffers, 5> roles;
    double value = -1;
    float norm = -1;
    std::vector<ballast_importance_sums> sums = std::vector<ballast_importance_sums>(kSizes.size());
    std::vector<std::int64_t> counts = std::vector<std::int64_t>(1 << 16);

    bool same(const Written &other) const {
        return ballast_test::same_bits(roles, other.roles) && value == other.value && norm == other.norm &&
               std::memcmp(sums.data(), other.sums.data(), sums.size() * sizeof sums[0]) == 0 &&
               counts == other.counts;
    }
};

struct Calls : ballast_test::Step {
    Calls() : Step(kSizes) { before.roles = roles; }

    // The call by its number, and what it left; the next one finds all as it was before.
    std::int32_t run(int kernel, Written &after) {
        Written now = before;
        left = allowed;
        const std::int32_t code = call(kernel, now);
        unused = left.exchange(kNever);
        for (std::size_t role = 0; role < roles.size(); ++role) {
            for (std::size_t t = 0; t < roles[role].size(); ++t) {
                now.roles[role][t] = roles[role][t];
                std::copy(before.roles[role][t].begin(), before.roles[role][t].end(), roles[role][t].begin());
            }
        }
        now.value = value;
        now.norm = norm;
        value = before.value;
        norm = before.norm;
        after = now;
        return code;
    }

    std::int32_t call(int kernel, Written &now) {
        switch (kernel) {
            case 0:
                return ballast_adamw_path_integral(BALLAST_ABI_VERSION, &tensors, pointers[4].data(), &settings,
                                                   &clip, &gate, kThreads);
            case 1: return adamw(BALLAST_PROXIMAL, kThreads);
            case 2: return add_gradient(kThreads);
            case 3: return pull(1e-2, kThreads);
            case 4:
                return ballast_finish_importance(BALLAST_ABI_VERSION, tensors.count, sizes.data(), pointers[4].data(),
                                                 pointers[0].data(), pointers[1].data(), 1.0, now.sums.data(),
                                                 kThreads);
            default:
                return ballast_count_squares(BALLAST_ABI_VERSION, static_cast<std::int64_t>(many.size()), many.data(),
                                             -1, now.counts.data(), kThreads);
        }
    }

    long allowed = kNever;
    long unused = 0;
    Written before;
    std::vector<float> many = std::vector<float>((1 << 20) + 1, 0.5F);  // two blocks of a count
};

void without_memory_a_call_is_refused_untouched_or_done_completely() {
    Calls calls;
    Written done, after;
    for (int kernel = 0; kernel < 6; ++kernel) {
        calls.allowed = kNever;
        CHECK(calls.run(kernel, done) == BALLAST_OK && !done.same(calls.before));
        long refused = 0;
        calls.unused = -1;
        for (calls.allowed = 0; calls.unused < 0; ++calls.allowed) {
            const std::int32_t code = calls.run(kernel, after);
            CHECK(code == BALLAST_OK || code == BALLAST_ERROR_OUT_OF_MEMORY);
            CHECK(after.same(code == BALLAST_OK ? done : calls.before));
            refused += code != BALLAST_OK;
        }
        // Without memory for a second thread alone, the first did all the work.
        CHECK(refused > 0 && calls.allowed > refused + 1);
    }
}

}  // namespace

int main() { RUN(without_memory_a_call_is_refused_untouched_or_done_completely); }
