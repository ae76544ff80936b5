/* The header must serve a C compiler and any language that can call C. */
#include "ballast/kernels.h"

int main(void) { return ballast_abi_version() == BALLAST_ABI_VERSION ? 0 : 1; }
