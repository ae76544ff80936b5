// cuda/kernels.cu on the host, a thread for each of CUDA's: the same bits as the CPU's kernels, where there is no GPU.
#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <thread>

#define BALLAST_THREADS 8
#define BALLAST_CHUNK 64
#define __global__
#define __device__
#define __forceinline__ inline
#define __shared__ static

namespace {

struct Dimension {
    unsigned int x;
};

// What __syncthreads waits for: all threads of the one block that runs.
class Barrier {
public:
    void wait() {
        std::unique_lock<std::mutex> lock(mutex_);
        const unsigned int turn = turn_;
        if (++waiting_ == BALLAST_THREADS) {
            waiting_ = 0;
            ++turn_;
            all_.notify_all();
        } else {
            all_.wait(lock, [&] { return turn_ != turn; });
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable all_;
    unsigned int waiting_ = 0;
    unsigned int turn_ = 0;
};

thread_local Dimension threadIdx;
Dimension blockIdx;
Barrier barrier;

void __syncthreads() { barrier.wait(); }

}  // namespace

#include "../cuda/kernels.cu"
#include "check.h"
#include "penalty_fixture.h"

namespace {

using ballast_test::Buffers;
using ballast_test::Step;

const std::vector<std::int64_t> kSizes{0, 1, 63, 0, 64, 65, 7, 200, 513, 0};

void launch(unsigned int blocks, const std::function<void()> &kernel) {
    for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x) {
        std::vector<std::thread> threads;
        for (unsigned int i = 0; i < BALLAST_THREADS; ++i) {
            threads.emplace_back([&kernel, i] {
                threadIdx.x = i;
                kernel();
            });
        }
        for (std::thread &thread : threads) {
            thread.join();
        }
    }
}

// The table of a step's tensors, as cuda.py makes it.
struct Table {
    explicit Table(Step &step) {
        const ballast_penalty &p = step.held.penalty;
        for (std::size_t t = 0; t < step.sizes.size(); ++t) {
            rows.push_back({chunks, step.sizes[t], step.pointers[0][t], step.pointers[1][t], step.pointers[2][t],
                            step.pointers[3][t], step.pointers[4][t], p.importances[t], p.importance_types[t],
                            p.row_scales[t], p.row_lengths[t], p.references[t], p.reference_types[t],
                            p.strengths[t]});
            chunks += (step.sizes[t] + BALLAST_CHUNK - 1) / BALLAST_CHUNK;
        }
    }
    int count() const { return static_cast<int>(rows.size()); }
    unsigned int blocks() const { return static_cast<unsigned int>(chunks); }

    std::vector<ballast::Row> rows;
    ballast::Index chunks = 0;
};

ballast::AdamW settings_of(const ballast_adamw_settings &s) {
    const auto step = static_cast<double>(s.step);
    return {0,
            static_cast<float>(1 - s.learning_rate * s.weight_decay),
            static_cast<float>(1 - s.beta1),
            static_cast<float>(s.beta2),
            static_cast<float>(1 - s.beta2),
            static_cast<float>(1 / std::sqrt(1 - std::pow(s.beta2, step))),
            static_cast<float>(s.eps),
            static_cast<float>(-s.learning_rate / (1 - std::pow(s.beta1, step)))};
}

bool near(double actual, double expected) { return std::abs(actual - expected) <= 1e-12 * std::abs(expected); }

void the_path_integral_has_the_bits_of_the_cpu() {
    Step there(kSizes);
    Step here(kSizes);
    CHECK(there.run() == BALLAST_OK);
    const Table table(here);
    launch(table.blocks(), [&] {
        adamw_path_integral(table.rows.data(), table.count(), settings_of(here.settings), &here.clip, &here.gate);
    });
    CHECK(ballast_test::same_bits(there.roles, here.roles));
}

void a_step_with_the_penalty_has_the_bits_of_the_cpu() {
    for (const int form : {BALLAST_GRADIENT, BALLAST_PROXIMAL}) {
        for (const bool measured : {false, true}) {
            Step there(kSizes);
            Step here(kSizes);
            CHECK(there.adamw(form, 1, measured) == BALLAST_OK);
            Table table(here);
            for (ballast::Row &row : table.rows) {
                row.omega = measured ? row.omega : nullptr;
            }
            std::vector<double> sums(table.blocks());
            launch(table.blocks(), [&] {
                adamw_penalty(table.rows.data(), table.count(), form, here.settings.learning_rate,
                              settings_of(here.settings), &here.clip, &here.gate, sums.data());
            });
            launch(1, [&] { total(sums.data(), table.chunks, &here.gate, &here.value); });
            CHECK(ballast_test::same_bits(there.roles, here.roles));
            CHECK(near(here.value, there.value));
        }
    }
}

void the_penalty_around_a_step_has_the_bits_of_the_cpu() {
    Step there(kSizes);
    Step here(kSizes);
    CHECK(there.add_gradient() == BALLAST_OK && there.pull(0.3) == BALLAST_OK);
    const Table table(here);
    std::vector<double> sums(table.blocks());
    launch(table.blocks(), [&] { add_penalty_gradient(table.rows.data(), table.count(), &here.gate, sums.data()); });
    launch(1, [&] { root_of_total(sums.data(), table.chunks, &here.gate, &here.norm); });
    launch(table.blocks(), [&] { proximal_step(table.rows.data(), table.count(), 0.3, &here.gate); });
    CHECK(ballast_test::same_bits(there.roles, here.roles));
    CHECK(std::abs(here.norm - there.norm) <= 1e-6F * there.norm);
}

void finished_importance_has_the_bits_of_the_cpu() {
    for (const bool from_zero : {false, true}) {
        Step there(kSizes);
        Step here(kSizes);
        std::vector<ballast_importance_sums> expected(kSizes.size());
        CHECK(ballast_finish_importance(BALLAST_ABI_VERSION, static_cast<std::int64_t>(kSizes.size()), kSizes.data(),
                                        there.pointers[4].data(), from_zero ? nullptr : there.pointers[1].data(),
                                        there.pointers[0].data(), 0.3, expected.data(), 1) == BALLAST_OK);
        Table table(here);
        for (std::size_t t = 0; t < table.rows.size(); ++t) {
            table.rows[t].reference = from_zero ? nullptr : here.pointers[1][t];
        }
        std::vector<double> sums(4 * table.blocks()), totals(4 * kSizes.size());
        launch(table.blocks(), [&] { finish_importance(table.rows.data(), table.count(), 0.3F, sums.data()); });
        launch(4 * static_cast<unsigned int>(table.count()), [&] {
            totals_of_tensors(table.rows.data(), table.count(), table.chunks, sums.data(), totals.data());
        });
        CHECK(ballast_test::same_bits(there.roles, here.roles));
        for (std::size_t t = 0; t < kSizes.size(); ++t) {
            CHECK(near(totals[4 * t], expected[t].omega) && totals[4 * t + 1] == expected[t].negative);
            CHECK(near(totals[4 * t + 2], expected[t].importance));
            CHECK(near(totals[4 * t + 3], expected[t].importance_squares));
        }
    }
}

void a_raised_gate_writes_nothing() {
    Step here(kSizes);
    here.gate = 5;
    const auto before = here.roles;
    const Table table(here);
    std::vector<double> sums(table.blocks(), -7);
    const ballast::AdamW settings = settings_of(here.settings);
    const ballast::Row *const rows = table.rows.data();
    launch(table.blocks(), [&] { adamw_path_integral(rows, table.count(), settings, &here.clip, &here.gate); });
    for (const int form : {BALLAST_GRADIENT, BALLAST_PROXIMAL}) {
        launch(table.blocks(), [&] {
            adamw_penalty(rows, table.count(), form, 1, settings, &here.clip, &here.gate, sums.data());
        });
    }
    launch(table.blocks(), [&] { add_penalty_gradient(rows, table.count(), &here.gate, sums.data()); });
    launch(table.blocks(), [&] { proximal_step(rows, table.count(), 1, &here.gate); });
    launch(1, [&] { total(sums.data(), table.chunks, &here.gate, &here.value); });
    launch(1, [&] { root_of_total(sums.data(), table.chunks, &here.gate, &here.norm); });
    CHECK(ballast_test::same_bits(here.roles, before));
    CHECK(here.value == -1 && here.norm == -1);
}

}  // namespace

int main() {
    RUN(the_path_integral_has_the_bits_of_the_cpu);
    RUN(a_step_with_the_penalty_has_the_bits_of_the_cpu);
    RUN(the_penalty_around_a_step_has_the_bits_of_the_cpu);
    RUN(finished_importance_has_the_bits_of_the_cpu);
    RUN(a_raised_gate_writes_nothing);
}
