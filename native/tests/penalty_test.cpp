// The kernels of the retention penalty: AdamW with it, its gradient, its proximal step.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "check.h"
#include "penalty_fixture.h"

namespace {

using ballast_test::Buffers;
using ballast_test::Step;
using Held = ballast_test::Held;

// Around the vector widths, the pieces (256), the block (262,144), and several blocks; their types take turns.
const std::vector<std::int64_t> kSizes{1, 0, 3, 15, 16, 17, 255, 256, 257, 0, 1000, 262143, 262145, 700001, 1};
bool near(double actual, double expected) { return std::abs(actual - expected) <= 2e-6 * (1 + std::abs(expected)); }

void steps_and_their_value_are_the_written_formula_in_double() {
    for (const std::int32_t form : {BALLAST_GRADIENT, BALLAST_PROXIMAL}) {
        Step step(kSizes);
        const std::array<Buffers, 5> before = step.roles;
        CHECK(step.adamw(form, 2) == BALLAST_OK);
        const ballast_adamw_settings &s = step.settings;
        double value = 0;
        for (std::size_t t = 0; t < kSizes.size(); ++t) {
            const double strength = step.held.strengths[t];
            for (std::size_t i = 0; i < before[0][t].size(); ++i) {
                const double weight = step.held.weights[t][i];
                const double reference = step.held.references[t][i];
                const double start = before[0][t][i];
                const double added = form == BALLAST_GRADIENT ? 2 * strength * weight * (start - reference) : 0;
                const double c = (before[1][t][i] + added) * 0.5;
                const double m = s.beta1 * before[2][t][i] + (1 - s.beta1) * c;
                const double v = s.beta2 * before[3][t][i] + (1 - s.beta2) * c * c;
                double theta = start * (1 - s.learning_rate * s.weight_decay) -
                               s.learning_rate / (1 - std::pow(s.beta1, 3)) * m /
                                   (std::sqrt(v / (1 - std::pow(s.beta2, 3))) + s.eps);
                if (form == BALLAST_PROXIMAL) {
                    theta = reference + (theta - reference) / (1 + 2 * s.learning_rate * strength * weight);
                }
                CHECK(near(step.exp_avgs()[t][i], m));
                CHECK(near(step.exp_avg_sqs()[t][i], v));
                CHECK(near(step.parameters()[t][i], theta));
                const double moved = static_cast<double>(step.parameters()[t][i]) - start;
                CHECK(near(step.omegas()[t][i], before[4][t][i] - before[1][t][i] * moved));
                const double away = static_cast<double>(step.parameters()[t][i]) - reference;
                value += strength * weight * away * away;
            }
        }
        CHECK(near(step.value, value));
        CHECK(step.gradients() == before[1]);
    }
}

void a_step_that_measures_nothing_is_the_same_step() {
    for (const std::int32_t form : {BALLAST_GRADIENT, BALLAST_PROXIMAL}) {
        Step measured(kSizes);
        Step plain(kSizes);
        const Buffers before = plain.omegas();
        CHECK(measured.adamw(form, 2) == BALLAST_OK && plain.adamw(form, 2, false) == BALLAST_OK);
        CHECK(plain.omegas() == before && measured.value == plain.value);
        plain.roles[4] = measured.roles[4];
        CHECK(ballast_test::same_bits(measured.roles, plain.roles));
    }
}

void the_gradient_and_its_norm_are_the_written_formula_in_double() {
    Step step(kSizes);
    const Buffers before = step.gradients();
    CHECK(step.add_gradient(2) == BALLAST_OK);
    double squares = 0;
    for (std::size_t t = 0; t < kSizes.size(); ++t) {
        for (std::size_t i = 0; i < before[t].size(); ++i) {
            const double away =
                static_cast<double>(step.parameters()[t][i]) - static_cast<double>(step.held.references[t][i]);
            const double both = before[t][i] + 2 * step.held.strengths[t] * step.held.weights[t][i] * away;
            CHECK(near(step.gradients()[t][i], both));
            squares += both * both;
        }
    }
    CHECK(near(step.norm, std::sqrt(squares)));
}

void the_proximal_step_is_the_written_formula_in_double() {
    Step step(kSizes);
    const Buffers before = step.parameters();
    CHECK(step.pull(0.7, 2) == BALLAST_OK);
    for (std::size_t t = 0; t < kSizes.size(); ++t) {
        for (std::size_t i = 0; i < before[t].size(); ++i) {
            const double reference = step.held.references[t][i];
            const double k = 2 * 0.7 * step.held.strengths[t] * step.held.weights[t][i];
            CHECK(near(step.parameters()[t][i], reference + (before[t][i] - reference) / (1 + k)));
        }
    }
}

void a_proximal_step_is_exact_at_both_ends() {
    Step step({40, 40, 40, 40});
    const Buffers before = step.parameters();
    step.held.strengths = {0, std::numeric_limits<double>::infinity(), 0, 1e300};
    step.held.narrows[1][0] = 0;  // Nothing holds this one, however strong the penalty.
    CHECK(step.pull(1) == BALLAST_OK);
    CHECK(step.parameters()[0] == before[0] && step.parameters()[2] == before[2]);
    CHECK(step.parameters()[1][0] == before[1][0]);
    for (std::size_t i = 1; i < 40; ++i) {
        CHECK(step.parameters()[1][i] == step.held.references[1][i]);
        CHECK(step.parameters()[3][i] == step.held.references[3][i]);
    }
}

void any_number_of_threads_gives_the_same_bits() {
    for (const std::int32_t form : {BALLAST_GRADIENT, BALLAST_PROXIMAL}) {
        Step one(kSizes);
        CHECK(one.adamw(form, 1) == BALLAST_OK && one.add_gradient(1) == BALLAST_OK && one.pull(0.1, 1) == BALLAST_OK);
        for (const std::int32_t threads : {2, 3, 7, 64}) {
            Step many(kSizes);
            CHECK(many.adamw(form, threads) == BALLAST_OK && many.add_gradient(threads) == BALLAST_OK);
            CHECK(many.pull(0.1, threads) == BALLAST_OK);
            CHECK(ballast_test::same_bits(one.roles, many.roles));
            CHECK(std::memcmp(&one.value, &many.value, sizeof one.value) == 0);
            CHECK(std::memcmp(&one.norm, &many.norm, sizeof one.norm) == 0);
        }
    }
}

// This file is compiled for the plain machine, the kernel for several instruction sets.
void sums_are_the_same_on_every_instruction_set() {
    Step step({1003});
    CHECK(step.add_gradient() == BALLAST_OK);
    double lanes[16] = {};
    for (std::size_t i = 0; i < 1003; ++i) {
        const auto both = static_cast<double>(step.gradients()[0][i]);
        lanes[i % 16] += both * both;  // A piece begins at a multiple of 16.
    }
    double squares = 0;
    for (const double lane : lanes) {
        squares += lane;
    }
    CHECK(step.norm == static_cast<float>(std::sqrt(squares)));
}

void nothing_is_written_outside_the_buffers() {
    Step step(kSizes, 5);
    CHECK(step.adamw(BALLAST_PROXIMAL, 3) == BALLAST_OK && step.adamw(BALLAST_GRADIENT, 3) == BALLAST_OK);
    CHECK(step.add_gradient(3) == BALLAST_OK && step.pull(0.1, 3) == BALLAST_OK);
    for (const Buffers &role : step.roles) {
        for (const std::vector<float> &buffer : role) {
            for (std::size_t i = 0; i < 5; ++i) {
                CHECK(buffer[i] == Step::kGuard);
                CHECK(buffer[buffer.size() - 1 - i] == Step::kGuard);
            }
        }
    }
}

void unaligned_buffers_give_the_same_bits() {
    Step aligned(kSizes, 16);
    Step unaligned(kSizes, 1);
    CHECK(aligned.adamw(BALLAST_PROXIMAL, 2) == BALLAST_OK && unaligned.adamw(BALLAST_PROXIMAL, 2) == BALLAST_OK);
    CHECK(aligned.value == unaligned.value);
    for (std::size_t t = 0; t < kSizes.size(); ++t) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(kSizes[t]); ++i) {
            CHECK(aligned.parameters()[t][i + 16] == unaligned.parameters()[t][i + 1]);
        }
    }
}

void a_raised_gate_writes_nothing_whatever_the_gradient_is() {
    Step step(kSizes);
    for (std::vector<float> &gradient : step.gradients()) {
        std::fill(gradient.begin(), gradient.end(), std::nanf(""));
    }
    const std::array<Buffers, 5> before = step.roles;
    step.gate = -3;
    CHECK(step.adamw(BALLAST_GRADIENT, 2) == BALLAST_OK && step.adamw(BALLAST_PROXIMAL, 2) == BALLAST_OK);
    CHECK(step.add_gradient(2) == BALLAST_OK && step.pull(1, 2) == BALLAST_OK);
    CHECK(ballast_test::same_bits(step.roles, before));
    CHECK(step.value == -1 && step.norm == -1);
}

void one_bad_gradient_makes_the_norm_bad() {
    for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
        Step step({300, 1000});
        step.gradients()[1][999] = bad;
        CHECK(step.add_gradient() == BALLAST_OK);
        CHECK(!std::isfinite(step.norm));
    }
}

void expect_refused(Step &step, std::int32_t code) {
    const std::array<Buffers, 5> before = step.roles;
    CHECK(step.adamw(BALLAST_PROXIMAL) == code);
    CHECK(step.add_gradient() == code);
    CHECK(step.pull(1) == code);
    CHECK(ballast_test::same_bits(step.roles, before));
}

void what_an_anchor_lacks_is_refused() {
    const auto refused = [](std::int32_t code, auto change) {
        Step step({3, 4, 5, 6});
        change(step.held);
        expect_refused(step, code);
    };
    refused(BALLAST_ERROR_NULL_POINTER, [](Held &h) { h.penalty.strengths = nullptr; });
    refused(BALLAST_ERROR_NULL_POINTER, [](Held &h) { h.penalty.importances = nullptr; });
    refused(BALLAST_ERROR_NULL_POINTER, [](Held &h) { h.penalty.importance_types = nullptr; });
    refused(BALLAST_ERROR_NULL_POINTER, [](Held &h) { h.penalty.references = nullptr; });
    refused(BALLAST_ERROR_NULL_POINTER, [](Held &h) { h.penalty.reference_types = nullptr; });
    refused(BALLAST_ERROR_NULL_POINTER, [](Held &h) { h.importance_pointers[3] = nullptr; });
    refused(BALLAST_ERROR_NULL_POINTER, [](Held &h) { h.reference_pointers[2] = nullptr; });
    refused(BALLAST_ERROR_NULL_POINTER, [](Held &h) { h.scale_pointers[2] = nullptr; });
    refused(BALLAST_ERROR_SIZE, [](Held &h) { h.row_lengths[2] = 0; });
    refused(BALLAST_ERROR_TYPE, [](Held &h) { h.types[0] = 4; });
    refused(BALLAST_ERROR_TYPE, [](Held &h) { h.types[0] = -1; });
    refused(BALLAST_ERROR_TYPE, [](Held &h) { h.reference_types[0] = BALLAST_CODES; });
    refused(BALLAST_ERROR_SETTING, [](Held &h) { h.strengths[1] = -1; });
    refused(BALLAST_ERROR_SETTING, [](Held &h) { h.strengths[1] = std::nan(""); });
}

void unknown_forms_and_missing_results_are_refused() {
    Step step({3});
    const std::array<Buffers, 5> before = step.roles;
    CHECK(step.adamw(2) == BALLAST_ERROR_TYPE && step.adamw(-1) == BALLAST_ERROR_TYPE);
    CHECK(step.pull(-1) == BALLAST_ERROR_SETTING && step.pull(std::nan("")) == BALLAST_ERROR_SETTING);
    const auto code = BALLAST_ERROR_NULL_POINTER;
    const auto version = BALLAST_ABI_VERSION;
    const ballast_penalty &p = step.held.penalty;
    const auto adamw = [&](const ballast_penalty *penalty, float *const *omegas, double *value) {
        return ballast_adamw_penalty(version, &step.tensors, penalty, 0, omegas, &step.settings, &step.clip, &step.gate,
                                     value, 1);
    };
    CHECK(adamw(&p, nullptr, nullptr) == code && adamw(nullptr, nullptr, &step.value) == code);
    float *const none[] = {nullptr};
    CHECK(adamw(&p, none, &step.value) == code);
    CHECK(ballast_add_penalty_gradient(version, 1, step.sizes.data(), step.pointers[1].data(),
                                       step.tensors.parameters, &p, &step.gate, nullptr, 1) == code);
    CHECK(ballast_add_penalty_gradient(version, 1, step.sizes.data(), nullptr, step.tensors.parameters, &p, &step.gate,
                                       &step.norm, 1) == code);
    CHECK(ballast_add_penalty_gradient(version, 1, step.sizes.data(), step.pointers[1].data(), nullptr, &p, &step.gate,
                                       &step.norm, 1) == code);
    CHECK(ballast_proximal_step(version, 1, step.sizes.data(), step.tensors.parameters, &p, 1, nullptr, 1) == code);
    CHECK(ballast_proximal_step(version, 1, step.sizes.data(), nullptr, &p, 1, &step.gate, 1) == code);
    CHECK(ballast_proximal_step(version + 1, 1, step.sizes.data(), step.tensors.parameters, &p, 1, &step.gate, 1) ==
          BALLAST_ERROR_ABI_VERSION);
    CHECK(ballast_test::same_bits(step.roles, before));
}

void a_step_of_no_tensors_is_worth_nothing() {
    Step step({});
    CHECK(step.adamw(BALLAST_PROXIMAL) == BALLAST_OK && step.value == 0);
    CHECK(step.add_gradient() == BALLAST_OK && step.norm == 0);
    CHECK(step.pull(1) == BALLAST_OK);
}

}  // namespace

int main() {
    RUN(steps_and_their_value_are_the_written_formula_in_double);
    RUN(a_step_that_measures_nothing_is_the_same_step);
    RUN(the_gradient_and_its_norm_are_the_written_formula_in_double);
    RUN(the_proximal_step_is_the_written_formula_in_double);
    RUN(a_proximal_step_is_exact_at_both_ends);
    RUN(any_number_of_threads_gives_the_same_bits);
    RUN(sums_are_the_same_on_every_instruction_set);
    RUN(nothing_is_written_outside_the_buffers);
    RUN(unaligned_buffers_give_the_same_bits);
    RUN(a_raised_gate_writes_nothing_whatever_the_gradient_is);
    RUN(one_bad_gradient_makes_the_norm_bad);
    RUN(what_an_anchor_lacks_is_refused);
    RUN(unknown_forms_and_missing_results_are_refused);
    RUN(a_step_of_no_tensors_is_worth_nothing);
}
