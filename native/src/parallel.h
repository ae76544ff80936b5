// Runs a range in blocks on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

namespace ballast {

// Calls body(begin, end) for every block of [0, total), each once, at most `threads` at a time and the
// calling thread among them. body must not throw.
//
// Threads are made for the call and joined before it returns: about 20 µs each, so a block should be
// worth several times that, and nothing lives on to trouble fork() or a shutting JVM.
// Blocks are handed out as threads come free: OpenMP workers of PyTorch may still be spinning on a core
// when an optimizer step starts, and a fixed share on that core would hold everybody up.
template <typename Body>
void for_each_block(std::int64_t total, std::int64_t block, std::int32_t threads, const Body &body) {
    const std::int64_t blocks = total / block + (total % block != 0);
    std::atomic<std::int64_t> next{0};
    const auto work = [&] {
        for (std::int64_t i = next++; i < blocks; i = next++) {
            body(i * block, std::min(total, (i + 1) * block));
        }
    };
    std::vector<std::thread> others;
    const auto wanted = std::min<std::int64_t>(threads, blocks) - 1;
    if (wanted > 0) {
        others.reserve(static_cast<std::size_t>(wanted));
    }
    try {
        for (std::int64_t i = 0; i < wanted; ++i) {
            others.emplace_back(work);
        }
    } catch (const std::system_error &) {
        // The system gives no more threads: those that there are do all the work.
    }
    work();
    for (std::thread &other : others) {
        other.join();
    }
}

}  // namespace ballast
