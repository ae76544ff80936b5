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
 *   in binary32, never contracted, never reordered.
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
#define BALLAST_ABI_VERSION 1

/* What every function that can fail returns. */
enum ballast_code {
    BALLAST_OK = 0,
    BALLAST_ERROR_ABI_VERSION = 1,   /* the caller was written for another version of this header */
    BALLAST_ERROR_NULL_POINTER = 2,  /* a pointer that is needed is null */
    BALLAST_ERROR_SIZE = 3,          /* a size or count is negative, or all sizes together overflow */
    BALLAST_ERROR_SETTING = 4,       /* a scalar setting is out of its range */
    BALLAST_ERROR_THREADS = 5,       /* fewer than one thread */
    BALLAST_ERROR_OUT_OF_MEMORY = 6, /* no memory for the call's own bookkeeping (16 bytes a tensor) */
    BALLAST_ERROR_INTERNAL = 7       /* a bug of this library */
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
    const float *const *gradients;  /* before clipping, without penalty; only read */
    float *const *exp_avgs;         /* first moment; read and written */
    float *const *exp_avg_sqs;      /* second moment; read and written */
    float *const *omegas;           /* path integral; read and written */
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
 * clip: one float, the factor that gradient clipping puts on g (1 when it does not clip).
 * gate: one int32, see above.
 */
BALLAST_API int32_t ballast_adamw_path_integral(int32_t abi_version, const ballast_adamw_tensors *tensors,
                                                const ballast_adamw_settings *settings, const float *clip,
                                                const int32_t *gate, int32_t threads);

#ifdef __cplusplus
}
#endif

#endif
