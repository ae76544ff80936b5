#include <cstdint>

#include "ballast/kernels.h"
#include "elements.h"
#include "multiversion.h"
#include "parallel.h"
#include "tensors.h"

namespace {

BALLAST_MULTIVERSION
void step(std::int64_t size, float *__restrict parameter, const float *__restrict gradient,
          float *__restrict exp_avg, float *__restrict exp_avg_sq, float *__restrict omega, ballast::AdamW c) {
    for (std::int64_t i = 0; i < size; ++i) {
        const float before = parameter[i];
        const float after = ballast::stepped(c, before, gradient[i], exp_avg[i], exp_avg_sq[i]);
        parameter[i] = after;
        omega[i] -= gradient[i] * (after - before);
    }
}

}  // namespace

std::int32_t ballast_adamw_path_integral(std::int32_t abi_version, const ballast_adamw_tensors *tensors,
                                         float *const *omegas, const ballast_adamw_settings *settings,
                                         const float *clip, const std::int32_t *gate, std::int32_t threads) try {
    ballast::Starts starts;
    const std::int32_t code = ballast::check_step(abi_version, tensors, settings, clip, gate, threads, starts);
    if (code != BALLAST_OK) {
        return code;
    }
    const ballast_adamw_tensors &t = *tensors;
    if (!ballast::complete(t.count, t.sizes, omegas)) {
        return BALLAST_ERROR_NULL_POINTER;
    }
    if (*gate != 0) {
        return BALLAST_OK;
    }
    const ballast::AdamW c = ballast::coefficients(*settings, *clip);
    ballast::for_each_block(starts.back(), ballast::kBlock, threads, [&](std::int64_t begin, std::int64_t end) {
        ballast::for_each_part(starts, begin, end, [&](std::size_t i, std::int64_t at, std::int64_t size) {
            step(size, t.parameters[i] + at, t.gradients[i] + at, t.exp_avgs[i] + at, t.exp_avg_sqs[i] + at,
                 omegas[i] + at, c);
        });
    });
    return BALLAST_OK;
} catch (...) {
    return ballast::code_of_exception();
}
