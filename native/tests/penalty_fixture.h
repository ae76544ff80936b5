// An anchor beside the tensors of a step, importance and references in every type in turn.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "adamw_fixture.h"

namespace ballast_test {

constexpr double kStrengths[] = {0.3, 0.0, 2.0, 0.01};

inline std::uint16_t to_bfloat16(float value) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, 4);
    return static_cast<std::uint16_t>(bits >> 16);
}

inline float from_bfloat16(std::uint16_t value) {
    const std::uint32_t bits = static_cast<std::uint32_t>(value) << 16;
    float wide;
    std::memcpy(&wide, &bits, 4);
    return wide;
}

// An anchor beside the tensors of a step: importance in every type in turn, references in both.
struct Held {
    explicit Held(const std::vector<std::int64_t> &tensor_sizes) : sizes(tensor_sizes), count(sizes.size()) {
        std::mt19937 random(11);
        std::normal_distribution<float> normal;
        for (std::size_t t = 0; t < count; ++t) {
            const auto size = static_cast<std::size_t>(sizes[t]);
            const auto type = static_cast<std::int32_t>(t % 4);
            const std::int64_t row = 7;
            std::vector<float> weight(size), reference(size);
            std::vector<std::uint16_t> narrow(size), narrow_reference(size);
            std::vector<std::uint8_t> code(size);
            std::vector<float> scale(size / 7 + 1);
            for (float &each : scale) {
                each = std::abs(normal(random));
            }
            const float one = std::abs(normal(random));
            for (std::size_t i = 0; i < size; ++i) {
                weight[i] = std::abs(normal(random));
                narrow[i] = to_bfloat16(weight[i]);
                code[i] = static_cast<std::uint8_t>(random() % 256);
                reference[i] = normal(random);
                narrow_reference[i] = to_bfloat16(reference[i]);
                const float root = static_cast<float>(code[i]) / 255;
                weight[i] = type == BALLAST_BFLOAT16 ? from_bfloat16(narrow[i])
                            : type == BALLAST_CODES  ? root * root * root * scale[i / 7]
                            : type == BALLAST_ONE    ? one
                                                     : weight[i];
                reference[i] = t % 3 == 2 ? from_bfloat16(narrow_reference[i]) : reference[i];
            }
            weights.push_back(weight);
            references.push_back(reference);
            narrows.push_back(std::move(narrow));
            narrow_references.push_back(std::move(narrow_reference));
            codes.push_back(std::move(code));
            scales.push_back(std::move(scale));
            ones.push_back(one);
            types.push_back(type);
            reference_types.push_back(t % 3 == 2 ? BALLAST_BFLOAT16 : BALLAST_FLOAT32);
            strengths.push_back(kStrengths[t % 4]);
            row_lengths.push_back(row);
        }
        for (std::size_t t = 0; t < count; ++t) {
            const void *const held[] = {weights[t].data(), narrows[t].data(), codes[t].data(), &ones[t]};
            importance_pointers.push_back(held[types[t]]);
            scale_pointers.push_back(types[t] == BALLAST_CODES ? scales[t].data() : nullptr);
            reference_pointers.push_back(reference_types[t] == BALLAST_FLOAT32
                                             ? static_cast<const void *>(references[t].data())
                                             : narrow_references[t].data());
        }
        penalty = {strengths.data(),   importance_pointers.data(), types.data(),          scale_pointers.data(),
                   row_lengths.data(), reference_pointers.data(),  reference_types.data()};
    }
    Held(const Held &) = delete;
    Held &operator=(const Held &) = delete;

    std::vector<std::int64_t> sizes;
    std::size_t count;
    Buffers weights, references;  // in binary32, whatever the kernel gets
    std::vector<std::vector<std::uint16_t>> narrows, narrow_references;
    std::vector<std::vector<std::uint8_t>> codes;
    Buffers scales;
    std::vector<float> ones;
    std::vector<std::int32_t> types, reference_types;
    std::vector<double> strengths;
    std::vector<std::int64_t> row_lengths;
    std::vector<const void *> importance_pointers, reference_pointers;
    std::vector<const float *> scale_pointers;
    ballast_penalty penalty{};
};

// A step's tensors and an anchor beside them.
struct Step : Adamw {
    explicit Step(const std::vector<std::int64_t> &tensor_sizes, std::size_t guard = 0)
        : Adamw(tensor_sizes, guard), held(tensor_sizes) {
        for (std::size_t role = 0; role < roles.size(); ++role) {
            for (std::vector<float> &buffer : roles[role]) {
                pointers[role].push_back(buffer.data() + guard_size);
            }
        }
        tensors = {static_cast<std::int64_t>(sizes.size()), sizes.data(), pointers[0].data(), pointers[1].data(),
                   pointers[2].data(), pointers[3].data()};
    }

    std::int32_t adamw(std::int32_t form, std::int32_t threads = 1, bool measured = true) {
        return ballast_adamw_penalty(BALLAST_ABI_VERSION, &tensors, &held.penalty, form,
                                     measured ? pointers[4].data() : nullptr, &settings, &clip, &gate, &value,
                                     threads);
    }
    std::int32_t add_gradient(std::int32_t threads = 1) {
        return ballast_add_penalty_gradient(BALLAST_ABI_VERSION, tensors.count, sizes.data(), pointers[1].data(),
                                            tensors.parameters, &held.penalty, &gate, &norm, threads);
    }
    std::int32_t pull(double learning_rate, std::int32_t threads = 1) {
        return ballast_proximal_step(BALLAST_ABI_VERSION, tensors.count, sizes.data(), tensors.parameters,
                                     &held.penalty, learning_rate, &gate, threads);
    }

    Held held;
    std::array<std::vector<float *>, 5> pointers;
    ballast_adamw_tensors tensors{};
    double value = -1;
    float norm = -1;
};

}  // namespace ballast_test
