// Runs a range in blocks on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

namespace ballast {

// How many threads for_each_block has at work at most.
inline std::size_t workers(std::int64_t total, std::int64_t block, std::int32_t threads) {
    const std::int64_t blocks = total / block + (total % block != 0);
    return static_cast<std::size_t>(std::max<std::int64_t>(1, std::min<std::int64_t>(threads, blocks)));
}

// Calls body(worker, begin, end) for every block of [0, total), each once, at most `threads` at a time and the
// calling thread among them; no two at a time have the same worker in [0, workers(total, block, threads)).
// body must not throw, so it must not allocate. What is thrown here is thrown before the first call of body.
//
// Threads are made for the call and joined before it returns: about 10 µs each, so a block should be
// worth several times that, and nothing lives on to trouble fork() or a shutting JVM.
// Blocks are handed out as threads come free: OpenMP workers of PyTorch may still be spinning on a core
// when an optimizer step starts, and a fixed share on that core would hold everybody up.
template <typename Body>
void for_each_block_by_worker(std::int64_t total, std::int64_t block, std::int32_t threads, const Body &body) {
    std::atomic<std::int64_t> next{0};
    const std::int64_t blocks = total / block + (total % block != 0);
    const auto work = [&](std::size_t worker) {
        for (std::int64_t i = next++; i < blocks; i = next++) {
            body(worker, i * block, std::min(total, (i + 1) * block));
        }
    };
    const std::size_t wanted = workers(total, block, threads);
    std::vector<std::thread> others;
    others.reserve(wanted - 1);
    try {
        for (std::size_t worker = 1; worker < wanted; ++worker) {
            others.emplace_back(work, worker);
        }
    } catch (const std::system_error &) {
        // The system gives no more threads: those that there are do all the work.
    } catch (const std::bad_alloc &) {
        // Nor memory for one.
    }
    work(0);
    for (std::thread &other : others) {
        other.join();
    }
}

// As for_each_block_by_worker, for a body(begin, end) that need not know who runs it.
template <typename Body>
void for_each_block(std::int64_t total, std::int64_t block, std::int32_t threads, const Body &body) {
    for_each_block_by_worker(total, block, threads, [&](std::size_t, std::int64_t begin, std::int64_t end) {
        body(begin, end);
    });
}

}  // namespace ballast
