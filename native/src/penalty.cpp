#include "penalty.h"

#include <cmath>
#include <cstdint>

#include "ballast/kernels.h"
#include "elements.h"
#include "multiversion.h"
#include "sums.h"
#include "tensors.h"

namespace {

BALLAST_MULTIVERSION
void add_gradient(std::int64_t size, float *__restrict gradient, const float *__restrict parameter,
                  const float *__restrict importance, const float *__restrict reference, float scale) {
    for (std::int64_t i = 0; i < size; ++i) {
        gradient[i] = gradient[i] + scale * importance[i] * (parameter[i] - reference[i]);
    }
}

BALLAST_MULTIVERSION
void pull(std::int64_t size, float *__restrict parameter, const float *__restrict importance,
          const float *__restrict reference, float scale) {
    for (std::int64_t i = 0; i < size; ++i) {
        parameter[i] = ballast::pulled(parameter[i], reference[i], scale * importance[i]);
    }
}

}  // namespace

std::int32_t ballast_add_penalty_gradient(std::int32_t abi_version, std::int64_t count, const std::int64_t *sizes,
                                          float *const *gradients, const float *const *parameters,
                                          const ballast_penalty *penalty, const std::int32_t *gate, float *norm,
                                          std::int32_t threads) try {
    ballast::Starts starts;
    std::int32_t code = ballast::check_call(abi_version, count, sizes, threads, starts);
    code = code == BALLAST_OK ? ballast::check_penalty(count, sizes, penalty) : code;
    if (code != BALLAST_OK) {
        return code;
    }
    if (!gate || !norm || !ballast::complete(count, sizes, gradients) ||
        !ballast::complete(count, sizes, parameters)) {
        return BALLAST_ERROR_NULL_POINTER;
    }
    if (*gate != 0) {
        return BALLAST_OK;
    }
    const double squares =
        ballast::sum_over_parts(starts, threads, [&](std::size_t i, std::int64_t at, std::int64_t size) {
            const auto scale = static_cast<float>(2 * penalty->strengths[i]);
            ballast::Sum sum;
            ballast::for_each_piece(
                *penalty, i, at, size,
                [&](std::int64_t piece, std::int64_t from, const float *importance, const float *reference) {
                    add_gradient(piece, gradients[i] + from, parameters[i] + from, importance, reference, scale);
                    ballast::add_squares(piece, gradients[i] + from, sum.lanes);
                });
            return sum.value();
        });
    *norm = static_cast<float>(std::sqrt(squares));
    return BALLAST_OK;
} catch (...) {
    return ballast::code_of_exception();
}

std::int32_t ballast_proximal_step(std::int32_t abi_version, std::int64_t count, const std::int64_t *sizes,
                                   float *const *parameters, const ballast_penalty *penalty, double learning_rate,
                                   const std::int32_t *gate, std::int32_t threads) try {
    ballast::Starts starts;
    std::int32_t code = ballast::check_call(abi_version, count, sizes, threads, starts);
    code = code == BALLAST_OK ? ballast::check_penalty(count, sizes, penalty) : code;
    if (code != BALLAST_OK) {
        return code;
    }
    if (!gate || !ballast::complete(count, sizes, parameters)) {
        return BALLAST_ERROR_NULL_POINTER;
    }
    if (!std::isfinite(learning_rate) || learning_rate < 0) {
        return BALLAST_ERROR_SETTING;
    }
    if (*gate != 0) {
        return BALLAST_OK;
    }
    ballast::for_each_block(starts.back(), ballast::kBlock, threads, [&](std::int64_t begin, std::int64_t end) {
        ballast::for_each_part(starts, begin, end, [&](std::size_t i, std::int64_t at, std::int64_t size) {
            const float scale = ballast::stiffness(penalty->strengths[i], learning_rate);
            ballast::for_each_piece(
                *penalty, i, at, size,
                [&](std::int64_t piece, std::int64_t from, const float *importance, const float *reference) {
                    pull(piece, parameters[i] + from, importance, reference, scale);
                });
        });
    });
    return BALLAST_OK;
} catch (...) {
    return ballast::code_of_exception();
}
