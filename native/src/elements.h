// The arithmetic of one element: what the CPU's kernels and the CUDA ones (cuda/kernels.cu) share. Binary32 and never
// contracted on both, so both give the same bits.
#pragma once

#if defined(__CUDACC_RTC__)
#define BALLAST_ELEMENT __device__ __forceinline__
#else
#include <math.h>

#define BALLAST_ELEMENT __attribute__((always_inline)) inline
#endif

namespace ballast {

// Settings of an AdamW step as the inner loop wants them. As in torch's fused kernel, everything that is the same for
// all elements is computed in double and rounded once.
struct AdamW {
    float clip;           // multiplies the gradient
    float decay;          // 1 - learning_rate weight_decay
    float first;          // 1 - beta1
    float beta2;
    float second;         // 1 - beta2
    float correction2;    // 1 / sqrt(1 - beta2^step)
    float eps;
    float negative_rate;  // -learning_rate / (1 - beta1^step)
};

// from + weight (to - from), starting from the nearer end as torch's lerp does: exact for weights of 0 and 1.
BALLAST_ELEMENT float interpolated(float from, float to, float weight) {
    const bool near_end = weight >= 0.5F;
    return (near_end ? to : from) + (near_end ? weight - 1 : weight) * (to - from);
}

// The parameter after one step on `gradient`; moves the moments m and v.
BALLAST_ELEMENT float stepped(const AdamW &c, float parameter, float gradient, float &m, float &v) {
    const float clipped = gradient * c.clip;
    m = interpolated(m, clipped, c.first);
    v = v * c.beta2 + c.second * clipped * clipped;
    // torch divides by sqrt(1 - beta2^step); the product saves a fifth of the arithmetic for half a rounding.
    return parameter * c.decay + c.negative_rate * m / (sqrtf(v) * c.correction2 + c.eps);
}

// Above this k / (1 + k) is 1 in binary32, and k must stay below infinity: infinity / infinity is NaN.
constexpr float kLargestStiffness = 1e30F;

// The proximal operator of k/2 (theta - reference)^2, reference + (theta - reference) / (1 + k): k = 0 leaves theta bit
// for bit, and a k without bound gives the reference.
BALLAST_ELEMENT float pulled(float theta, float reference, float k) {
    const float stiffness = k > kLargestStiffness ? kLargestStiffness : k;
    return interpolated(theta, reference, stiffness / (stiffness + 1));
}

// Importance of what a parameter contributed, omega, over the squared distance that it moved. A NaN stays one.
BALLAST_ELEMENT float importance_of(float omega, float moved, float xi) {
    return (omega < 0 ? 0.0F : omega) / (moved * moved + xi);
}

BALLAST_ELEMENT float widened(unsigned short bfloat16) {
    union {
        unsigned int bits;
        float value;
    } wide;
    wide.bits = static_cast<unsigned int>(bfloat16) << 16;
    return wide.value;
}

// An importance in 8 bits: its cube root in 255 steps of the row's scale. The cube of a code is exact in binary32, so
// this takes no division, which would be a quarter of a penalty's arithmetic.
BALLAST_ELEMENT float decoded(unsigned char code, float scale) {
    const float root = static_cast<float>(code);
    return root * root * root * (1 / (255.0F * 255 * 255)) * scale;
}

}  // namespace ballast
