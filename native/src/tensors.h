// What the kernels that go over many tensors share: where each begins, and what a call must bring.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <new>
#include <vector>

#include "ballast/kernels.h"
#include "elements.h"

namespace ballast {

// Elements that a thread takes at a time: 1 MiB of each fp32 stream, 0.1 to 0.3 ms of work, several times what a second
// thread costs. Blocks of 2^13 to 2^20 elements measured alike on large tensors.
constexpr std::int64_t kBlock = 1 << 18;

// All tensors of a call in one row of elements: starts[i] is where tensor i begins, starts[count] where the row ends.
using Starts = std::vector<std::int64_t>;

// Empty when a size is wrong.
inline Starts starts_of(std::int64_t count, const std::int64_t *sizes) {
    Starts starts{0};
    starts.reserve(static_cast<std::size_t>(count) + 1);
    for (std::int64_t i = 0; i < count; ++i) {
        if (sizes[i] < 0 || sizes[i] > std::numeric_limits<std::int64_t>::max() - starts.back()) {
            return {};
        }
        starts.push_back(starts.back() + sizes[i]);
    }
    return starts;
}

// Calls body(tensor, offset, size) for each tensor's share of the elements [begin, end) of the row.
template <typename Body>
void for_each_part(const Starts &starts, std::int64_t begin, std::int64_t end, const Body &body) {
    auto i = static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), begin) - starts.begin()) - 1;
    for (; begin < end; ++i) {
        const std::int64_t stop = std::min(end, starts[i + 1]);
        if (stop > begin) {
            body(i, begin - starts[i], stop - begin);
        }
        begin = stop;
    }
}

// Whether the array is there, and a buffer for each tensor that has elements.
template <typename Pointer>
bool complete(std::int64_t count, const std::int64_t *sizes, const Pointer *buffers) {
    for (std::int64_t i = 0; i < count; ++i) {
        if (!buffers || (!buffers[i] && sizes[i] != 0)) {
            return false;
        }
    }
    return true;
}

inline bool in_range(const ballast_adamw_settings &s) {
    const auto not_negative = [](double x) { return std::isfinite(x) && x >= 0; };
    const auto below_one = [](double x) { return x >= 0 && x < 1; };
    return s.step >= 1 && not_negative(s.learning_rate) && below_one(s.beta1) && below_one(s.beta2) &&
           not_negative(s.eps) && not_negative(s.weight_decay);
}

inline AdamW coefficients(const ballast_adamw_settings &s, float clip) {
    const auto step = static_cast<double>(s.step);
    return {clip,
            static_cast<float>(1 - s.learning_rate * s.weight_decay),
            static_cast<float>(1 - s.beta1),
            static_cast<float>(s.beta2),
            static_cast<float>(1 - s.beta2),
            static_cast<float>(1 / std::sqrt(1 - std::pow(s.beta2, step))),
            static_cast<float>(s.eps),
            static_cast<float>(-s.learning_rate / (1 - std::pow(s.beta1, step)))};
}

// What is wrong with a call's version, sizes or threads, else BALLAST_OK and `starts`.
inline std::int32_t check_call(std::int32_t abi_version, std::int64_t count, const std::int64_t *sizes,
                               std::int32_t threads, Starts &starts) {
    if (abi_version != BALLAST_ABI_VERSION) {
        return BALLAST_ERROR_ABI_VERSION;
    }
    if (count < 0) {
        return BALLAST_ERROR_SIZE;
    }
    if (count > 0 && !sizes) {
        return BALLAST_ERROR_NULL_POINTER;
    }
    if (threads < 1) {
        return BALLAST_ERROR_THREADS;
    }
    starts = starts_of(count, sizes);
    return starts.empty() ? BALLAST_ERROR_SIZE : BALLAST_OK;
}

// As check_call, and what is wrong with an AdamW step's tensors, settings or scalars.
inline std::int32_t check_step(std::int32_t abi_version, const ballast_adamw_tensors *tensors,
                               const ballast_adamw_settings *settings, const float *clip, const std::int32_t *gate,
                               std::int32_t threads, Starts &starts) {
    const ballast_adamw_tensors t = tensors ? *tensors : ballast_adamw_tensors{};
    const std::int32_t code = check_call(abi_version, t.count, t.sizes, threads, starts);
    if (code != BALLAST_OK) {
        return code;
    }
    if (!tensors || !settings || !clip || !gate || !complete(t.count, t.sizes, t.parameters) ||
        !complete(t.count, t.sizes, t.gradients) || !complete(t.count, t.sizes, t.exp_avgs) ||
        !complete(t.count, t.sizes, t.exp_avg_sqs)) {
        return BALLAST_ERROR_NULL_POINTER;
    }
    return in_range(*settings) ? BALLAST_OK : BALLAST_ERROR_SETTING;
}

// What becomes of an exception that a kernel's own bookkeeping threw; to be called where one has been caught.
inline std::int32_t code_of_exception() {
    try {
        throw;
    } catch (const std::bad_alloc &) {
        return BALLAST_ERROR_OUT_OF_MEMORY;
    } catch (...) {
        return BALLAST_ERROR_INTERNAL;
    }
}

}  // namespace ballast
