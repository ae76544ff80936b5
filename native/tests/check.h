// Tests are plain executables: a failed CHECK prints where and what, and the process ends with 1.
#pragma once

#include <cstdio>
#include <cstdlib>

#define CHECK(condition)                                                                \
    do {                                                                                \
        if (!(condition)) {                                                             \
            std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
            std::exit(1);                                                               \
        }                                                                               \
    } while (false)

// Runs a test, a function whose name is the claim it checks.
#define RUN(test)             \
    do {                      \
        std::puts("  " #test); \
        test();               \
    } while (false)
