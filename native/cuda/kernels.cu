// The kernels of include/ballast/kernels.h for CUDA, compiled by NVRTC at first use (python-ext/ballast/kernels/cuda.py).
// What each computes is told there; here is how a GPU goes over many tensors.
//
// A block takes one chunk of one tensor. The tensors stand in a table in device memory. Gate and clip factor are read on
// the device, so nothing waits for the host. Sums are deterministic: each block adds up its own in a fixed order, and one
// more block adds those up in theirs.
#include "elements.h"

#ifndef BALLAST_THREADS
#define BALLAST_THREADS 256
#define BALLAST_CHUNK 16384  // elements of a block: 64 for each thread
#endif

namespace ballast {

using Index = long long;

constexpr int kThreads = BALLAST_THREADS;
constexpr Index kChunk = BALLAST_CHUNK;
constexpr int kAtOnce = 4;  // elements that a thread loads before it computes, so that enough loads are under way

enum { kFloat32 = 0, kBfloat16 = 1, kCodes = 2, kOne = 3 };  // ballast_type

// A row of the table; 8 bytes each, in the order in which cuda.py writes them. What a kernel does not need is 0.
struct Row {
    Index first_chunk;  // of all chunks
    Index size;
    float *parameter;
    float *gradient;
    float *exp_avg;
    float *exp_avg_sq;
    float *omega;  // null where adamw_penalty measures nothing
    const void *importance;
    Index importance_type;
    const float *row_scales;
    Index row_length;
    const void *reference;  // of finish_importance: where the parameter started, or null
    Index reference_type;
    double strength;
};

// What a block works on: elements [begin, end) of a tensor. The row is a copy, in registers: in memory it might change with
// every number that is written, as far as the compiler can tell.
struct Part {
    Row row;
    Index begin, end;
};

__device__ __forceinline__ Part part_of_block(const Row *table, int count) {
    int low = 0;
    for (int high = count; low + 1 < high;) {  // the last row that begins at this chunk or before
        const int middle = (low + high) / 2;
        if (table[middle].first_chunk <= blockIdx.x) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const Index begin = (blockIdx.x - table[low].first_chunk) * kChunk;
    const Index left = table[low].size - begin;
    return {table[low], begin, begin + (left < kChunk ? left : kChunk)};
}

// Calls load(slot, i) for a few elements, then use(slot, i) for the same, until the thread's share of the part is done.
template <typename Load, typename Use>
__device__ __forceinline__ void for_each_element(const Part &part, const Load &load, const Use &use) {
    for (Index at = part.begin + threadIdx.x; at < part.end; at += kAtOnce * kThreads) {
#pragma unroll
        for (int slot = 0; slot < kAtOnce; ++slot) {
            if (at + slot * kThreads < part.end) {
                load(slot, at + slot * kThreads);
            }
        }
#pragma unroll
        for (int slot = 0; slot < kAtOnce; ++slot) {
            if (at + slot * kThreads < part.end) {
                use(slot, at + slot * kThreads);
            }
        }
    }
}

__device__ __forceinline__ float importance_at(const Row &row, Index i) {
    if (row.importance_type == kFloat32) {
        return static_cast<const float *>(row.importance)[i];
    }
    if (row.importance_type == kBfloat16) {
        return widened(static_cast<const unsigned short *>(row.importance)[i]);
    }
    if (row.importance_type == kOne) {
        return *static_cast<const float *>(row.importance);
    }
    // Division in 32 bits is several times as fast.
    const Index index = row.size <= 0xFFFFFFFFLL
                            ? static_cast<unsigned int>(i) / static_cast<unsigned int>(row.row_length)
                            : i / row.row_length;
    return decoded(static_cast<const unsigned char *>(row.importance)[i], row.row_scales[index]);
}

__device__ __forceinline__ float reference_at(const Row &row, Index i) {
    return row.reference_type == kFloat32 ? static_cast<const float *>(row.reference)[i]
                                          : widened(static_cast<const unsigned short *>(row.reference)[i]);
}

__device__ __forceinline__ float stiffness(double strength, double learning_rate) {
    const double k = 2 * learning_rate * strength;
    return static_cast<float>(k < kLargestStiffness ? k : kLargestStiffness);
}

// The sum of what the block's threads bring, in a fixed order; in thread 0.
__device__ __forceinline__ double sum_of_block(double mine) {
    __shared__ double sums[kThreads];
    sums[threadIdx.x] = mine;
    __syncthreads();
    for (unsigned int half = kThreads / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) {
            sums[threadIdx.x] += sums[threadIdx.x + half];
        }
        __syncthreads();
    }
    const double sum = sums[0];
    __syncthreads();  // Before anybody writes the next one's.
    return sum;
}

// The sum of `count` numbers that lie `stride` apart; in thread 0 of the one block that calls it.
__device__ __forceinline__ double sum_of(const double *numbers, Index count, Index stride) {
    double mine = 0;
    for (Index i = threadIdx.x; i < count; i += kThreads) {
        mine += numbers[i * stride];
    }
    return sum_of_block(mine);
}

}  // namespace ballast

using namespace ballast;

extern "C" __global__ void adamw_path_integral(const Row *table, int count, AdamW settings, const float *clip,
                                               const int *gate) {
    if (*gate != 0) {
        return;
    }
    settings.clip = *clip;
    const Part part = part_of_block(table, count);
    const Row &row = part.row;
    float theta[kAtOnce], g[kAtOnce], m[kAtOnce], v[kAtOnce], omega[kAtOnce];
    for_each_element(
        part,
        [&](int slot, Index i) {
            theta[slot] = row.parameter[i];
            g[slot] = row.gradient[i];
            m[slot] = row.exp_avg[i];
            v[slot] = row.exp_avg_sq[i];
            omega[slot] = row.omega[i];
        },
        [&](int slot, Index i) {
            const float after = stepped(settings, theta[slot], g[slot], m[slot], v[slot]);
            row.parameter[i] = after;
            row.exp_avg[i] = m[slot];
            row.exp_avg_sq[i] = v[slot];
            row.omega[i] = omega[slot] - g[slot] * (after - theta[slot]);
        });
}

// sums: one for each block.
extern "C" __global__ void adamw_penalty(const Row *table, int count, int proximal, double learning_rate,
                                         AdamW settings, const float *clip, const int *gate, double *sums) {
    if (*gate != 0) {
        return;
    }
    settings.clip = *clip;
    const Part part = part_of_block(table, count);
    const Row &row = part.row;
    const float scale = proximal ? stiffness(row.strength, learning_rate) : static_cast<float>(2 * row.strength);
    float theta[kAtOnce], g[kAtOnce], m[kAtOnce], v[kAtOnce], importance[kAtOnce], reference[kAtOnce], omega[kAtOnce];
    double sum = 0;
    for_each_element(
        part,
        [&](int slot, Index i) {
            theta[slot] = row.parameter[i];
            g[slot] = row.gradient[i];
            m[slot] = row.exp_avg[i];
            v[slot] = row.exp_avg_sq[i];
            omega[slot] = row.omega ? row.omega[i] : 0.0F;
            importance[slot] = importance_at(row, i);
            reference[slot] = reference_at(row, i);
        },
        [&](int slot, Index i) {
            const float added = proximal ? 0.0F : scale * importance[slot] * (theta[slot] - reference[slot]);
            const float both = proximal ? g[slot] : g[slot] + added;
            float after = stepped(settings, theta[slot], both, m[slot], v[slot]);
            if (proximal) {
                after = pulled(after, reference[slot], scale * importance[slot]);
            }
            row.parameter[i] = after;
            row.exp_avg[i] = m[slot];
            row.exp_avg_sq[i] = v[slot];
            if (row.omega) {
                row.omega[i] = omega[slot] - g[slot] * (after - theta[slot]);
            }
            const float away = after - reference[slot];
            sum += away * away * importance[slot];
        });
    sum = sum_of_block(sum);
    if (threadIdx.x == 0) {
        sums[blockIdx.x] = row.strength * sum;
    }
}

// sums: one for each block, of squares.
extern "C" __global__ void add_penalty_gradient(const Row *table, int count, const int *gate, double *sums) {
    if (*gate != 0) {
        return;
    }
    const Part part = part_of_block(table, count);
    const Row &row = part.row;
    const auto scale = static_cast<float>(2 * row.strength);
    float theta[kAtOnce], g[kAtOnce], importance[kAtOnce], reference[kAtOnce];
    double sum = 0;
    for_each_element(
        part,
        [&](int slot, Index i) {
            theta[slot] = row.parameter[i];
            g[slot] = row.gradient[i];
            importance[slot] = importance_at(row, i);
            reference[slot] = reference_at(row, i);
        },
        [&](int slot, Index i) {
            const float both = g[slot] + scale * importance[slot] * (theta[slot] - reference[slot]);
            row.gradient[i] = both;
            sum += static_cast<double>(both) * static_cast<double>(both);
        });
    sum = sum_of_block(sum);
    if (threadIdx.x == 0) {
        sums[blockIdx.x] = sum;
    }
}

extern "C" __global__ void proximal_step(const Row *table, int count, double learning_rate, const int *gate) {
    if (*gate != 0) {
        return;
    }
    const Part part = part_of_block(table, count);
    const Row &row = part.row;
    const float scale = stiffness(row.strength, learning_rate);
    float theta[kAtOnce], importance[kAtOnce], reference[kAtOnce];
    for_each_element(
        part,
        [&](int slot, Index i) {
            theta[slot] = row.parameter[i];
            importance[slot] = importance_at(row, i);
            reference[slot] = reference_at(row, i);
        },
        [&](int slot, Index i) { row.parameter[i] = pulled(theta[slot], reference[slot], scale * importance[slot]); });
}

// sums: four for each block, as ballast_importance_sums has them.
extern "C" __global__ void finish_importance(const Row *table, int count, float xi, double *sums) {
    const Part part = part_of_block(table, count);
    const Row &row = part.row;
    const auto *start = static_cast<const float *>(row.reference);
    float omega[kAtOnce], moved[kAtOnce];
    double before = 0, negative = 0, after = 0, squares = 0;
    for_each_element(
        part,
        [&](int slot, Index i) {
            omega[slot] = row.omega[i];
            moved[slot] = row.parameter[i] - (start ? start[i] : 0.0F);
        },
        [&](int slot, Index i) {
            const float importance = importance_of(omega[slot], moved[slot], xi);
            row.omega[i] = importance;
            before += omega[slot];
            negative += omega[slot] < 0;
            after += importance;
            squares += static_cast<double>(importance) * static_cast<double>(importance);
        });
    before = sum_of_block(before);
    negative = sum_of_block(negative);
    after = sum_of_block(after);
    squares = sum_of_block(squares);
    if (threadIdx.x == 0) {
        double *const mine = sums + 4 * blockIdx.x;
        mine[0] = before;
        mine[1] = negative;
        mine[2] = after;
        mine[3] = squares;
    }
}

// One block: the penalty's value.
extern "C" __global__ void total(const double *sums, Index count, const int *gate, double *value) {
    const double sum = sum_of(sums, count, 1);
    if (threadIdx.x == 0 && *gate == 0) {
        *value = sum;
    }
}

// One block: the norm.
extern "C" __global__ void root_of_total(const double *sums, Index count, const int *gate, float *norm) {
    const double sum = sum_of(sums, count, 1);
    if (threadIdx.x == 0 && *gate == 0) {
        *norm = static_cast<float>(sqrt(sum));
    }
}

// A block for each of a tensor's four sums; blockIdx.x counts 4 * tensor + which. chunks: of all tensors.
extern "C" __global__ void totals_of_tensors(const Row *table, int count, Index chunks, const double *sums,
                                             double *totals) {
    const int tensor = blockIdx.x / 4;
    const int which = blockIdx.x % 4;
    const Index begin = table[tensor].first_chunk;
    const Index end = tensor + 1 < count ? table[tensor + 1].first_chunk : chunks;
    const double sum = sum_of(sums + 4 * begin + which, end - begin, 4);
    if (threadIdx.x == 0) {
        totals[blockIdx.x] = sum;
    }
}
