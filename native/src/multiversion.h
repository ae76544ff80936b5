// BALLAST_MULTIVERSION before a function: the compiler makes one version for each of these instruction
// sets and the loader picks one, so the library runs on any machine that it is copied to. Elsewhere
// (aarch64 has NEON from the start; musl has no ifunc) the one plain version is already vectorised.
// From memory all are as fast; from the cache, on Zen 4, AVX-512 takes a tenth less time than AVX2.
#pragma once

#include <cstdint>  // brings __GLIBC__

#if !defined(BALLAST_MULTIVERSION) && defined(__x86_64__) && defined(__GLIBC__) && defined(__has_attribute)
#if __has_attribute(target_clones)
#define BALLAST_MULTIVERSION __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#endif

#ifndef BALLAST_MULTIVERSION
#define BALLAST_MULTIVERSION
#endif
