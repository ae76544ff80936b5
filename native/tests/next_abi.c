/* Stands in for a library of the next interface version, which callers of this one must refuse. */
#include "ballast/kernels.h"

int32_t ballast_abi_version(void) { return BALLAST_ABI_VERSION + 1; }
const char *ballast_message(int32_t code) { return code ? "refused" : "success"; }
int32_t ballast_adamw_path_integral(int32_t abi_version, const ballast_adamw_tensors *tensors,
                                    const ballast_adamw_settings *settings, const float *clip,
                                    const int32_t *gate, int32_t threads) {
    (void)abi_version, (void)tensors, (void)settings, (void)clip, (void)gate, (void)threads;
    return BALLAST_ERROR_ABI_VERSION;
}
