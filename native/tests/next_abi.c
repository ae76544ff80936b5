/* Stands in for a library of the next interface version, which callers of this one must refuse. */
#include "ballast/kernels.h"

int32_t ballast_abi_version(void) { return BALLAST_ABI_VERSION + 1; }
