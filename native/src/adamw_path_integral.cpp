#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <new>
#include <vector>

#include "ballast/kernels.h"
#include "multiversion.h"
#include "parallel.h"

namespace {

// Elements that a thread takes at a time: 1 MiB of each of the 5 streams, 0.1 to 0.3 ms of work, several
// times what a second thread costs. Blocks of 2^13 to 2^20 elements measured alike on large tensors.
constexpr std::int64_t kBlock = 1 << 18;

// Settings as the inner loop wants them. As in torch's fused kernel, everything that is the same for
// all elements is computed in double and rounded once.
struct Coefficients {
    explicit Coefficients(const ballast_adamw_settings &s, float clip_factor)
        : clip(clip_factor),
          decay(static_cast<float>(1 - s.learning_rate * s.weight_decay)),
          first(static_cast<float>(1 - s.beta1)),
          beta2(static_cast<float>(s.beta2)),
          second(static_cast<float>(1 - s.beta2)),
          correction2(static_cast<float>(1 / std::sqrt(1 - std::pow(s.beta2, static_cast<double>(s.step))))),
          eps(static_cast<float>(s.eps)),
          negative_rate(
              static_cast<float>(-s.learning_rate / (1 - std::pow(s.beta1, static_cast<double>(s.step))))) {}

    float clip, decay, first, beta2, second, correction2, eps, negative_rate;
};

BALLAST_MULTIVERSION
void step(std::int64_t size, float *__restrict parameter, const float *__restrict gradient,
          float *__restrict exp_avg, float *__restrict exp_avg_sq, float *__restrict omega, Coefficients c) {
    // The interpolation starts from its nearer end, as torch's lerp does: exact for beta1 = 0.
    const bool from_gradient = c.first >= 0.5F;
    const float weight = from_gradient ? c.first - 1 : c.first;
    // torch divides by sqrt(1 - beta2^step); the product saves a fifth of the arithmetic for half a rounding.
    for (std::int64_t i = 0; i < size; ++i) {
        const float before = parameter[i];
        const float g = gradient[i];
        const float clipped = g * c.clip;
        const float moved = weight * (clipped - exp_avg[i]);
        const float m = (from_gradient ? clipped : exp_avg[i]) + moved;
        const float v = exp_avg_sq[i] * c.beta2 + c.second * clipped * clipped;
        const float after = before * c.decay + c.negative_rate * m / (std::sqrt(v) * c.correction2 + c.eps);
        exp_avg[i] = m;
        exp_avg_sq[i] = v;
        parameter[i] = after;
        omega[i] -= g * (after - before);
    }
}

bool in_range(const ballast_adamw_settings &s) {
    const auto not_negative = [](double x) { return std::isfinite(x) && x >= 0; };
    const auto below_one = [](double x) { return x >= 0 && x < 1; };
    return s.step >= 1 && not_negative(s.learning_rate) && below_one(s.beta1) && below_one(s.beta2) &&
           not_negative(s.eps) && not_negative(s.weight_decay);
}

bool complete(const ballast_adamw_tensors &t) {
    if (t.count == 0) {
        return true;
    }
    if (!t.sizes || !t.parameters || !t.gradients || !t.exp_avgs || !t.exp_avg_sqs || !t.omegas) {
        return false;
    }
    for (std::int64_t i = 0; i < t.count; ++i) {
        const bool all = t.parameters[i] && t.gradients[i] && t.exp_avgs[i] && t.exp_avg_sqs[i] && t.omegas[i];
        if (!all && t.sizes[i] != 0) {
            return false;
        }
    }
    return true;
}

// starts[i] is where tensor i begins in the row of all elements, starts[count] where the row ends.
// Empty when a size is wrong.
std::vector<std::int64_t> starts_of(const ballast_adamw_tensors &t) {
    std::vector<std::int64_t> starts{0};
    starts.reserve(static_cast<std::size_t>(t.count) + 1);
    for (std::int64_t i = 0; i < t.count; ++i) {
        const std::int64_t size = t.sizes[i];
        if (size < 0 || size > std::numeric_limits<std::int64_t>::max() - starts.back()) {
            return {};
        }
        starts.push_back(starts.back() + size);
    }
    return starts;
}

// Elements [begin, end) of the row of all elements, which may lie in several tensors.
void step_range(const ballast_adamw_tensors &t, const std::vector<std::int64_t> &starts, const Coefficients &c,
                std::int64_t begin, std::int64_t end) {
    auto i = static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), begin) - starts.begin()) - 1;
    for (; begin < end; ++i) {
        const std::int64_t stop = std::min(end, starts[i + 1]);
        const std::int64_t offset = begin - starts[i];
        if (stop > begin) {
            step(stop - begin, t.parameters[i] + offset, t.gradients[i] + offset, t.exp_avgs[i] + offset,
                 t.exp_avg_sqs[i] + offset, t.omegas[i] + offset, c);
        }
        begin = stop;
    }
}

}  // namespace

std::int32_t ballast_adamw_path_integral(std::int32_t abi_version, const ballast_adamw_tensors *tensors,
                                         const ballast_adamw_settings *settings, const float *clip,
                                         const std::int32_t *gate, std::int32_t threads) try {
    if (abi_version != BALLAST_ABI_VERSION) {
        return BALLAST_ERROR_ABI_VERSION;
    }
    if (!tensors || !settings || !clip || !gate) {
        return BALLAST_ERROR_NULL_POINTER;
    }
    if (tensors->count < 0) {
        return BALLAST_ERROR_SIZE;
    }
    if (!complete(*tensors)) {
        return BALLAST_ERROR_NULL_POINTER;
    }
    if (!in_range(*settings)) {
        return BALLAST_ERROR_SETTING;
    }
    if (threads < 1) {
        return BALLAST_ERROR_THREADS;
    }
    const auto starts = starts_of(*tensors);
    if (starts.empty()) {
        return BALLAST_ERROR_SIZE;
    }
    if (*gate != 0) {
        return BALLAST_OK;
    }
    const Coefficients coefficients(*settings, *clip);
    ballast::for_each_block(starts.back(), kBlock, threads, [&](std::int64_t begin, std::int64_t end) {
        step_range(*tensors, starts, coefficients, begin, end);
    });
    return BALLAST_OK;
} catch (const std::bad_alloc &) {
    return BALLAST_ERROR_OUT_OF_MEMORY;
} catch (...) {
    return BALLAST_ERROR_INTERNAL;
}
