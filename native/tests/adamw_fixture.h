// One optimizer step's tensors, each buffer exactly as long as it says (AddressSanitizer sees the rest)
// or with guard elements on both sides.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "ballast/kernels.h"

namespace ballast_test {

using Buffers = std::vector<std::vector<float>>;

struct Adamw {
    static constexpr float kGuard = 12345.0F;

    // Tensors of these sizes with `guard` extra elements before and after each.
    explicit Adamw(std::vector<std::int64_t> tensor_sizes, std::size_t guard = 0)
        : sizes(std::move(tensor_sizes)), guard_size(guard) {
        std::mt19937 random(7);
        std::normal_distribution<float> normal;
        for (Buffers &role : roles) {
            for (const std::int64_t size : sizes) {
                std::vector<float> buffer(static_cast<std::size_t>(size) + 2 * guard, kGuard);
                for (std::size_t i = guard; i < buffer.size() - guard; ++i) {
                    buffer[i] = normal(random);
                }
                role.push_back(std::move(buffer));
            }
        }
        for (std::vector<float> &buffer : exp_avg_sqs()) {
            for (std::size_t i = guard; i < buffer.size() - guard; ++i) {
                buffer[i] *= buffer[i];
            }
        }
    }

    Buffers &parameters() { return roles[0]; }
    Buffers &gradients() { return roles[1]; }
    Buffers &exp_avgs() { return roles[2]; }
    Buffers &exp_avg_sqs() { return roles[3]; }
    Buffers &omegas() { return roles[4]; }

    std::int32_t run(std::int32_t threads = 1) {
        std::array<std::vector<float *>, 5> pointers;
        for (std::size_t role = 0; role < roles.size(); ++role) {
            for (std::vector<float> &buffer : roles[role]) {
                pointers[role].push_back(buffer.data() + guard_size);
            }
        }
        const ballast_adamw_tensors tensors{static_cast<std::int64_t>(sizes.size()), sizes.data(),
                                            pointers[0].data(), pointers[1].data(), pointers[2].data(),
                                            pointers[3].data()};
        return ballast_adamw_path_integral(BALLAST_ABI_VERSION, &tensors, pointers[4].data(), &settings, &clip, &gate,
                                           threads);
    }

    std::vector<std::int64_t> sizes;
    std::size_t guard_size;
    std::array<Buffers, 5> roles;
    ballast_adamw_settings settings{3, 1e-2, 0.9, 0.999, 1e-8, 0.1};
    float clip = 0.5F;
    std::int32_t gate = 0;
};

// Equal to the bit, NaN included.
inline bool same_bits(const std::array<Buffers, 5> &one, const std::array<Buffers, 5> &other) {
    for (std::size_t role = 0; role < one.size(); ++role) {
        for (std::size_t i = 0; i < one[role].size(); ++i) {
            const std::vector<float> &a = one[role][i];
            const std::vector<float> &b = other[role][i];
            if (a.size() != b.size() || (!a.empty() && std::memcmp(a.data(), b.data(), a.size() * 4) != 0)) {
                return false;
            }
        }
    }
    return true;
}

}  // namespace ballast_test
