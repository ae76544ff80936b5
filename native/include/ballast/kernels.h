/*
 * Ballast's fused kernels: the one C header of libballast_native.
 *
 * Rules that hold for every kernel:
 * - Buffers belong to the caller and are used only until the call returns. Buffers of one call do
 *   not overlap. Any float alignment will do; multiples of 64 bytes are fastest.
 * - A call is either refused with a code before anything was written, or done completely.
 * - `gate` is read once, when the call starts. Non-zero: nothing is written at all and the call
 *   succeeds. A non-finite loss or gradient raises it, so kernels need not look for NaN themselves.
 * - `threads` is the most threads that work at a time, the calling one included. Results are the same
 *   to the bit for every number of threads and every instruction set: only IEEE +, -, *, / and sqrt
 *   in binary32, never contracted, never reordered. Sums are taken in binary64 over blocks that hang on
 *   the sizes alone.
 * - Calls on different buffers may run at the same time. The library keeps no state between calls and
 *   leaves no thread behind, so fork() and unloading are safe.
 */
#ifndef BALLAST_KERNELS_H
#define BALLAST_KERNELS_H

#include <stdint.h>

#if defined(__GNUC__)
#define BALLAST_API __attribute__((visibility("default")))
#else
#define BALLAST_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Raised with every change that an existing caller would notice. Kernels take it as their first
 * argument, and refuse a caller that was written for another. */
#define BALLAST_ABI_VERSION 3

/* What every function that can fail returns. */
enum ballast_code {
    BALLAST_OK = 0,
    BALLAST_ERROR_ABI_VERSION = 1,   /* the caller was written for another version of this header */
    BALLAST_ERROR_NULL_POINTER = 2,  /* a pointer that is needed is null */
    BALLAST_ERROR_SIZE = 3,          /* a size or count is negative, or all sizes together overflow */
    BALLAST_ERROR_SETTING = 4,       /* a scalar setting is out of its range */
    BALLAST_ERROR_THREADS = 5,       /* fewer than one thread */
    BALLAST_ERROR_OUT_OF_MEMORY = 6, /* no memory for the call's own bookkeeping */
    BALLAST_ERROR_INTERNAL = 7,      /* a bug of this library */
    BALLAST_ERROR_TYPE = 8           /* a type that there is not, or not for this tensor */
};

/* The version this library was built with; compare it with BALLAST_ABI_VERSION after loading. */
BALLAST_API int32_t ballast_abi_version(void);

/* What a code means, in English. Never null: an unknown code has a message that says so.
 * The text is static; nobody frees it. */
BALLAST_API const char *ballast_message(int32_t code);

/* The tensors of one optimizer step: `count` of each, tensor i with sizes[i] contiguous binary32
 * elements. A pointer to a tensor of no elements may be null, and so may the arrays when count is 0. */
typedef struct ballast_adamw_tensors {
    int64_t count;
    const int64_t *sizes;
    float *const *parameters;       /* read and written */
    const float *const *gradients;  /* of the task, before clipping, without penalty; only read */
    float *const *exp_avgs;         /* first moment; read and written */
    float *const *exp_avg_sqs;      /* second moment; read and written */
} ballast_adamw_tensors;

typedef struct ballast_adamw_settings {
    int64_t step;         /* this step's number, counted from 1, for the bias correction */
    double learning_rate; /* finite, >= 0 */
    double beta1;         /* in [0, 1) */
    double beta2;         /* in [0, 1) */
    double eps;           /* finite, >= 0 */
    double weight_decay;  /* decoupled; finite, >= 0 */
} ballast_adamw_settings;

/*
 * One step of AdamW (Loshchilov and Hutter, arXiv 1711.05101, as torch.optim.AdamW computes it) and
 * the path integral of the move it made, in one pass over memory: 5 streams read, 4 written.
 *
 *     c      = clip * g
 *     m     <- m + (1 - beta1) (c - m)
 *     v     <- beta2 v + (1 - beta2) c^2
 *     theta' = theta (1 - learning_rate weight_decay)
 *              - learning_rate / (1 - beta1^step) * m / (sqrt(v) / sqrt(1 - beta2^step) + eps)
 *     omega <- omega - g (theta' - theta)       g without the clip factor, theta as rounded to binary32
 *
 * omegas: the path integral, sizes as the tensors'.
 * clip: one float, the factor that gradient clipping puts on g (1 when it does not clip).
 * gate: one int32, see above.
 */
BALLAST_API int32_t ballast_adamw_path_integral(int32_t abi_version, const ballast_adamw_tensors *tensors,
                                                float *const *omegas, const ballast_adamw_settings *settings,
                                                const float *clip, const int32_t *gate, int32_t threads);

/* How a tensor of the anchor is held. */
enum ballast_type {
    BALLAST_FLOAT32 = 0,  /* 4 bytes an element */
    BALLAST_BFLOAT16 = 1, /* 2 bytes an element: the upper half of a binary32 */
    BALLAST_CODES = 2,    /* importance only: 1 byte an element, row scale * (code / 255)^3 */
    BALLAST_ONE = 3       /* importance only: one binary32 for all elements */
};

/* The penalty sum_i strengths[i] sum Omega_i (theta_i - theta*_i)^2 over the tensors of a step. */
typedef struct ballast_penalty {
    const double *strengths;          /* >= 0: lambda times the layer's coefficient */
    const void *const *importances;   /* Omega >= 0 */
    const int32_t *importance_types;
    const float *const *row_scales;   /* of BALLAST_CODES: one for each row; null elsewhere */
    const int64_t *row_lengths;       /* of BALLAST_CODES: elements of a row, > 0 */
    const void *const *references;    /* theta* */
    const int32_t *reference_types;   /* BALLAST_FLOAT32 or BALLAST_BFLOAT16 */
} ballast_penalty;

/* How the penalty acts on a step. */
enum ballast_form {
    BALLAST_GRADIENT = 0, /* 2 strength Omega (theta - theta*) joins g before the clip factor is applied */
    BALLAST_PROXIMAL = 1  /* after the step theta' <- theta* + (theta' - theta*) / (1 + k), where k is
                           * 2 learning_rate strength Omega: the penalty's proximal operator */
};

/*
 * One step of AdamW as above with the retention penalty (arXiv 2501.13669), in one pass over memory:
 * 6 streams read, 3 written, of which Omega and theta* may be narrower than the others; with omegas 7 and 4.
 *
 * omegas: null, or the path integral of the whole move, the penalty's part of it included, along the task's gradient
 *         alone: omega <- omega - g (theta' - theta).
 * clip: as above; in the gradient form it multiplies the sum of both gradients.
 * gate: as above; a raised one leaves `value` as it is too, which still holds for the parameters.
 * value: one double, becomes the penalty at the parameters that the step leaves.
 */
BALLAST_API int32_t ballast_adamw_penalty(int32_t abi_version, const ballast_adamw_tensors *tensors,
                                          const ballast_penalty *penalty, int32_t form, float *const *omegas,
                                          const ballast_adamw_settings *settings, const float *clip,
                                          const int32_t *gate, double *value, int32_t threads);

/*
 * g <- g + 2 strength Omega (theta - theta*) over all tensors, and the norm of that, which gradient clipping
 * needs: 4 streams read, 1 written. With torch's AdamW after it that is 12 streams; a pass that only took
 * the norm, and ballast_adamw_penalty after it, would be 13.
 *
 * gradients: read and written; sizes and count as in ballast_adamw_tensors.
 * gate: as above; a raised one leaves `norm` as it is too.
 * norm: one float. The squares are taken in binary64; where an element is not finite neither is the norm.
 */
BALLAST_API int32_t ballast_add_penalty_gradient(int32_t abi_version, int64_t count, const int64_t *sizes,
                                                 float *const *gradients, const float *const *parameters,
                                                 const ballast_penalty *penalty, const int32_t *gate, float *norm,
                                                 int32_t threads);

/*
 * theta <- theta* + (theta - theta*) / (1 + k) with k = 2 learning_rate strength Omega over all tensors, for
 * a step that some other optimizer made: 3 streams read, 1 written.
 *
 * parameters: read and written; sizes and count as in ballast_adamw_tensors.
 * learning_rate: finite, >= 0.
 */
BALLAST_API int32_t ballast_proximal_step(int32_t abi_version, int64_t count, const int64_t *sizes,
                                          float *const *parameters, const ballast_penalty *penalty,
                                          double learning_rate, const int32_t *gate, int32_t threads);

/* What a tensor's elements come to. */
typedef struct ballast_importance_sums {
    double omega;               /* sum of omega */
    double negative;            /* how many of them are below 0 */
    double importance;          /* sum of Omega */
    double importance_squares;  /* sum of Omega^2 */
} ballast_importance_sums;

/*
 * The importance of a path integral, in its place: omega <- Omega = max(omega, 0) / (moved^2 + xi) with
 * moved = end - start (arXiv 2501.13669), and what each tensor comes to before and after: 3 streams read, 1
 * written. There is no gate: a phase that met a value that is not finite has no importance.
 *
 * omegas: read and written; sizes and count as in ballast_adamw_tensors.
 * starts, ends: the parameters then and now. A null `starts` (the array) stands for zeros.
 * xi: finite, > 0.
 * sums: one for each tensor.
 */
BALLAST_API int32_t ballast_finish_importance(int32_t abi_version, int64_t count, const int64_t *sizes,
                                              float *const *omegas, const float *const *starts,
                                              const float *const *ends, double xi, ballast_importance_sums *sums,
                                              int32_t threads);

/*
 * How the squares of the values are spread, for the median of those above 0: the bits of such numbers are
 * ordered as the integers that they spell. One stream read.
 *
 * top: -1 counts by the upper 16 bits of the square, another by the lower 16 bits among those whose upper
 *     bits are `top`; < 65536.
 * counts: 65536 numbers, added to.
 */
BALLAST_API int32_t ballast_count_squares(int32_t abi_version, int64_t size, const float *values, int32_t top,
                                          int64_t *counts, int32_t threads);

#ifdef __cplusplus
}
#endif

#endif
