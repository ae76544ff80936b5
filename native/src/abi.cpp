#include "ballast/kernels.h"

#include <cstdint>

std::int32_t ballast_abi_version(void) { return BALLAST_ABI_VERSION; }

const char *ballast_message(std::int32_t code) {
    switch (code) {
        case BALLAST_OK: return "success";
        case BALLAST_ERROR_ABI_VERSION: return "the caller was written for another version of the library's interface";
        case BALLAST_ERROR_NULL_POINTER: return "a pointer that is needed is null";
        case BALLAST_ERROR_SIZE: return "a size or count is negative, or all sizes together overflow 64 bits";
        case BALLAST_ERROR_SETTING:
            return "a setting is out of its range: step >= 1, betas in [0, 1), "
                   "learning rate, eps and weight decay finite and >= 0, strengths >= 0, xi finite and > 0";
        case BALLAST_ERROR_THREADS: return "the number of threads is less than 1";
        case BALLAST_ERROR_OUT_OF_MEMORY: return "no memory for the kernel's bookkeeping";
        case BALLAST_ERROR_INTERNAL: return "a bug in the library: an unexpected C++ exception";
        case BALLAST_ERROR_TYPE: return "a type that there is not, or that this tensor cannot have, or an unknown form";
        default: return "a code that this version of the library does not know";
    }
}
