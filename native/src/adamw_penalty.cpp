#include <algorithm>
#include <cstdint>

#include "ballast/kernels.h"
#include "elements.h"
#include "multiversion.h"
#include "penalty.h"
#include "sums.h"
#include "tensors.h"

namespace {

using ballast::AdamW;

// omega: read and written where the step is measured, else null.
template <bool kProximal, bool kMeasured>
BALLAST_MULTIVERSION
void step(std::int64_t size, float *__restrict parameter, const float *__restrict gradient,
          float *__restrict exp_avg, float *__restrict exp_avg_sq, float *__restrict omega,
          const float *__restrict importance, const float *__restrict reference, float *__restrict terms, AdamW c,
          float scale) {
    for (std::int64_t i = 0; i < size; ++i) {
        const float before = parameter[i];
        float both = gradient[i];
        if constexpr (!kProximal) {
            both += scale * importance[i] * (before - reference[i]);
        }
        float after = ballast::stepped(c, before, both, exp_avg[i], exp_avg_sq[i]);
        if constexpr (kProximal) {
            after = ballast::pulled(after, reference[i], scale * importance[i]);
        }
        const float away = after - reference[i];
        parameter[i] = after;
        terms[i] = away * away * importance[i];
        if constexpr (kMeasured) {
            omega[i] -= gradient[i] * (after - before);
        }
    }
}

}  // namespace

std::int32_t ballast_adamw_penalty(std::int32_t abi_version, const ballast_adamw_tensors *tensors,
                                   const ballast_penalty *penalty, std::int32_t form, float *const *omegas,
                                   const ballast_adamw_settings *settings, const float *clip,
                                   const std::int32_t *gate, double *value, std::int32_t threads) try {
    ballast::Starts starts;
    std::int32_t code = ballast::check_step(abi_version, tensors, settings, clip, gate, threads, starts);
    code = code == BALLAST_OK ? ballast::check_penalty(tensors->count, tensors->sizes, penalty) : code;
    if (code != BALLAST_OK) {
        return code;
    }
    if (form != BALLAST_GRADIENT && form != BALLAST_PROXIMAL) {
        return BALLAST_ERROR_TYPE;
    }
    if (!value || (omegas && !ballast::complete(tensors->count, tensors->sizes, omegas))) {
        return BALLAST_ERROR_NULL_POINTER;
    }
    if (*gate != 0) {
        return BALLAST_OK;
    }
    const ballast_adamw_tensors &t = *tensors;
    const AdamW c = ballast::coefficients(*settings, *clip);
    const bool proximal = form == BALLAST_PROXIMAL;
    const auto chosen = proximal ? (omegas ? step<true, true> : step<true, false>)
                                 : (omegas ? step<false, true> : step<false, false>);
    *value = ballast::sum_over_parts(starts, threads, [&](std::size_t i, std::int64_t at, std::int64_t size) {
        const double strength = penalty->strengths[i];
        const float scale =
            proximal ? ballast::stiffness(strength, settings->learning_rate) : static_cast<float>(2 * strength);
        alignas(64) float terms[ballast::kPiece];
        ballast::Sum sum;
        ballast::for_each_piece(
            *penalty, i, at, size,
            [&](std::int64_t piece, std::int64_t from, const float *importance, const float *reference) {
                chosen(piece, t.parameters[i] + from, t.gradients[i] + from, t.exp_avgs[i] + from,
                       t.exp_avg_sqs[i] + from, omegas ? omegas[i] + from : nullptr, importance, reference, terms, c,
                       scale);
                ballast::add_terms(piece, terms, sum.lanes);
            });
        return strength * sum.value();
    });
    return BALLAST_OK;
} catch (...) {
    return ballast::code_of_exception();
}
