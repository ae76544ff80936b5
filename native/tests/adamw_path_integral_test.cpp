#include "adamw_fixture.h"
#include "check.h"

namespace {

using ballast_test::Adamw;
using ballast_test::Buffers;
using ballast_test::same_bits;

// Around the vector widths, the block (262,144), and several blocks.
const std::vector<std::int64_t> kSizes{1, 0, 3, 15, 16, 17, 63, 0, 1000, 262143, 262144, 262145, 800001, 1};

void results_are_the_written_formula_in_double() {
    Adamw adamw(kSizes);
    const std::array<Buffers, 5> before = adamw.roles;
    CHECK(adamw.run() == BALLAST_OK);
    const ballast_adamw_settings &s = adamw.settings;
    const double bias1 = 1 - std::pow(s.beta1, 3);
    const double bias2 = 1 - std::pow(s.beta2, 3);
    for (std::size_t t = 0; t < kSizes.size(); ++t) {
        for (std::size_t i = 0; i < before[0][t].size(); ++i) {
            const double g = before[1][t][i];
            const double c = g * 0.5;
            const double m = s.beta1 * before[2][t][i] + (1 - s.beta1) * c;
            const double v = s.beta2 * before[3][t][i] + (1 - s.beta2) * c * c;
            const double theta = before[0][t][i] * (1 - s.learning_rate * s.weight_decay) -
                                 s.learning_rate / bias1 * m / (std::sqrt(v / bias2) + s.eps);
            const float moved = adamw.parameters()[t][i] - before[0][t][i];
            const double omega = before[4][t][i] - g * moved;
            const auto near = [](double actual, double expected) {
                return std::abs(actual - expected) <= 1e-6 * (1 + std::abs(expected));
            };
            CHECK(near(adamw.exp_avgs()[t][i], m));
            CHECK(near(adamw.exp_avg_sqs()[t][i], v));
            CHECK(near(adamw.parameters()[t][i], theta));
            CHECK(near(adamw.omegas()[t][i], omega));
        }
    }
    CHECK(adamw.gradients() == before[1]);
}

// This file is compiled for the plain machine, the kernel for several instruction sets: whichever the
// loader picked here must round as the plain one does.
void every_instruction_set_rounds_as_scalar_code_does() {
    Adamw adamw({1003});
    Adamw expected({1003});
    adamw.settings.step = 1;  // beta^1 is beta: nothing hangs on this machine's pow
    CHECK(adamw.run() == BALLAST_OK);
    const ballast_adamw_settings &s = adamw.settings;
    const auto negative_rate = static_cast<float>(-s.learning_rate / (1 - s.beta1));
    const auto correction2 = static_cast<float>(1 / std::sqrt(1 - s.beta2));
    for (std::size_t i = 0; i < 1003; ++i) {
        float &theta = expected.parameters()[0][i];
        float &m = expected.exp_avgs()[0][i];
        float &v = expected.exp_avg_sqs()[0][i];
        const float g = expected.gradients()[0][i];
        const float c = g * adamw.clip;
        const float before = theta;
        m = m + static_cast<float>(1 - s.beta1) * (c - m);
        v = v * static_cast<float>(s.beta2) + static_cast<float>(1 - s.beta2) * c * c;
        theta = before * static_cast<float>(1 - s.learning_rate * s.weight_decay) +
                negative_rate * m / (std::sqrt(v) * correction2 + static_cast<float>(s.eps));
        expected.omegas()[0][i] -= g * (theta - before);
    }
    CHECK(same_bits(adamw.roles, expected.roles));
}

void any_number_of_threads_gives_the_same_bits() {
    Adamw one(kSizes);
    CHECK(one.run(1) == BALLAST_OK);
    for (const std::int32_t threads : {2, 3, 7, 64}) {
        Adamw many(kSizes);
        CHECK(many.run(threads) == BALLAST_OK);
        CHECK(same_bits(one.roles, many.roles));
    }
}

void nothing_is_written_outside_the_buffers() {
    Adamw adamw(kSizes, 5);
    CHECK(adamw.run(3) == BALLAST_OK);
    for (const Buffers &role : adamw.roles) {
        for (const std::vector<float> &buffer : role) {
            for (std::size_t i = 0; i < 5; ++i) {
                CHECK(buffer[i] == Adamw::kGuard);
                CHECK(buffer[buffer.size() - 1 - i] == Adamw::kGuard);
            }
        }
    }
}

void unaligned_buffers_give_the_same_bits() {
    Adamw aligned(kSizes, 16);
    Adamw unaligned(kSizes, 1);
    CHECK(aligned.run(2) == BALLAST_OK);
    CHECK(unaligned.run(2) == BALLAST_OK);
    for (std::size_t t = 0; t < kSizes.size(); ++t) {
        for (std::int64_t i = 0; i < kSizes[t]; ++i) {
            const auto at = static_cast<std::size_t>(i);
            CHECK(aligned.omegas()[t][at + 16] == unaligned.omegas()[t][at + 1]);
        }
    }
}

void a_raised_gate_writes_nothing_whatever_the_gradient_is() {
    Adamw adamw(kSizes);
    for (std::vector<float> &gradient : adamw.gradients()) {
        for (std::size_t i = 0; i < gradient.size(); i += 2) {
            gradient[i] = i % 4 ? std::numeric_limits<float>::infinity() : std::nanf("");
        }
    }
    const std::array<Buffers, 5> before = adamw.roles;
    for (const std::int32_t gate : {1, -1, std::numeric_limits<std::int32_t>::min()}) {
        adamw.gate = gate;
        CHECK(adamw.run(2) == BALLAST_OK);
        CHECK(same_bits(adamw.roles, before));
    }
}

void subnormal_gradients_are_not_flushed() {
    Adamw adamw({40});
    adamw.clip = 1;
    for (std::vector<float> &gradient : adamw.gradients()) {
        gradient.assign(gradient.size(), 1e-40F);
    }
    adamw.exp_avgs()[0].assign(40, 0);
    CHECK(adamw.run() == BALLAST_OK);
    for (const float m : adamw.exp_avgs()[0]) {
        CHECK(std::abs(m - 1e-41F) < 2e-45F);
    }
}

void beta1_of_zero_takes_the_gradient_exactly() {
    Adamw adamw({100});
    adamw.settings.beta1 = 0;
    CHECK(adamw.run() == BALLAST_OK);
    for (std::size_t i = 0; i < 100; ++i) {
        CHECK(adamw.exp_avgs()[0][i] == adamw.gradients()[0][i] * adamw.clip);
    }
}

}  // namespace

int main() {
    RUN(results_are_the_written_formula_in_double);
    RUN(every_instruction_set_rounds_as_scalar_code_does);
    RUN(any_number_of_threads_gives_the_same_bits);
    RUN(nothing_is_written_outside_the_buffers);
    RUN(unaligned_buffers_give_the_same_bits);
    RUN(a_raised_gate_writes_nothing_whatever_the_gradient_is);
    RUN(subnormal_gradients_are_not_flushed);
    RUN(beta1_of_zero_takes_the_gradient_exactly);
}
