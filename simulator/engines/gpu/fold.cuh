// Sums and maxima: of two numbers, over the lanes of a warp, over groups, over steps. Before this text: SLOTS, LARGEST
// and the formulas as reading_of; and noise.cuh.

#define FAN 16  // groups that a thread of ``gather`` folds

// How a quantity runs over the steps.
#define TOTAL 0
#define LEAST 1
#define MOST 2
#define LAST 3
#define WEIGHTED 4

__device__ __forceinline__ bool is_largest(int slot) { return LARGEST >> slot & 1; }

// The sum or the larger of two numbers, where NaN is larger than all others.
template <class T> __device__ __forceinline__ T join(bool largest, T a, T b)
{
    return !largest ? a + b : a >= b || a != a ? a : b;
}

// What changes no other number that it is joined with.
template <class T> __device__ __forceinline__ T nothing(bool largest) { return largest ? -elementary::infinity<T>() : T(0); }

// Half of the values of either lane of a pair, each joined over the pair: the upper lane keeps the upper half.
template <int half, class T, int size> __device__ __forceinline__ void join_halves(bool largest, T (&value)[size])
{
    const bool upper = threadIdx.x & (2 * half);
#pragma unroll
    for (int j = 0; j < half; ++j) {
        const T mine = upper ? value[j + half] : value[j];
        const T theirs = upper ? value[j] : value[j + half];
        value[j] = join(largest, mine, __shfl_xor_sync(0xFFFFFFFFu, theirs, 2 * half));
    }
}

// Joins each of the 8 values over the lanes of a warp; lane l gets that of value l / 2 mod 8. Both lanes of a pair
// join the same two numbers, in either order, so that they have the same bits.
template <class T> __device__ __forceinline__ T fold_over_warp(bool largest, T (&value)[8])
{
    join_halves<4>(largest, value);
    join_halves<2>(largest, value);
    join_halves<1>(largest, value);
    const T pair = join(largest, value[0], __shfl_xor_sync(0xFFFFFFFFu, value[0], 16));
    return join(largest, pair, __shfl_xor_sync(0xFFFFFFFFu, pair, 1));
}

// Joins FAN groups at a time by the binary tree over their numbers: 0 with 1, 2 with 3, …, then the pairs, and so on;
// what has no partner goes up as it is. So a number depends on the groups alone, however many rounds make it.
// folds: (replicas, groups, slots, chunk); out: (replicas, parts, slots, chunk), overwritten, of *count* steps; *largest*
// has a bit for each slot that is a maximum. A thread for each (replica, part, slot, step).
extern "C" __global__ void gather(
    const double* __restrict__ folds, double* __restrict__ out, Index replicas, Index groups, Index parts, Index slots,
    unsigned largest, Index chunk, Index count)
{
    const Index thread = blockIdx.x * Index(blockDim.x) + threadIdx.x;
    const Index k = thread % count, slot = thread / count % slots, place = thread / count / slots;
    const Index part = place % parts, replica = place / parts;
    if (replica >= replicas) return;
    const int there = int(min(groups - part * FAN, Index(FAN)));
    const double* const first = folds + ((replica * groups + part * FAN) * slots + slot) * chunk + k;
    double value[FAN];
#pragma unroll
    for (int j = 0; j < FAN; ++j) value[j] = j < there ? first[j * slots * chunk] : 0.0;
#pragma unroll
    for (int half = 1; half < FAN; half *= 2)
#pragma unroll
        for (int j = 0; j < FAN; j += 2 * half)
            if (j + half < there) value[j] = join(bool(largest >> slot & 1), value[j], value[j + half]);
    out[(place * slots + slot) * chunk + k] = value[0];
}

// Readings of *count* steps from the folds over all coordinates. folds: (replicas, SLOTS, chunk); out: (replicas,
// readings, chunk), overwritten. A thread for each (replica, reading, step).
extern "C" __global__ void read(
    const double* __restrict__ folds, double* __restrict__ out, Index replicas, Index readings, Index chunk, Index count)
{
    const Index thread = blockIdx.x * Index(blockDim.x) + threadIdx.x;
    const Index k = thread % count, reading = thread / count % readings, replica = thread / count / readings;
    if (replica >= replicas) return;
    out[(replica * readings + reading) * chunk + k] = reading_of(int(reading), folds + replica * SLOTS * chunk + k, chunk);
}

__device__ __forceinline__ double over_steps(int over, double total, double value, double weight)
{
    if (over == TOTAL) return total + value;
    if (over == WEIGHTED) return total + weight * value;
    if (over == LEAST) return total <= value || total != total ? total : value;
    if (over == MOST) return join(true, total, value);
    return value;
}

// Runs the quantities over *count* steps, one after the other, so that they don't depend on how the run was cut.
// values: (replicas, readings, chunk); plan: (quantities, 3), a quantity's reading, how it runs over the steps, and
// the row of weights: (…, chunk), its own; totals: (replicas, quantities), updated; early: (replicas, quantities, 2),
// overwritten with the first step's reading and the totals after it. A thread for each (replica, quantity).
extern "C" __global__ void fold(
    const double* __restrict__ values, const int* __restrict__ plan, const double* __restrict__ weights,
    double* __restrict__ totals, double* __restrict__ early, Index replicas, Index readings, Index quantities,
    Index chunk, Index count)
{
    const Index row = blockIdx.x * Index(blockDim.x) + threadIdx.x;
    if (row >= replicas * quantities) return;
    const int* const mine = plan + row % quantities * 3;
    const double* const value = values + (row / quantities * readings + mine[0]) * chunk;
    const double* const weight = weights + mine[2] * chunk;
    double total = over_steps(mine[1], totals[row], value[0], mine[1] == WEIGHTED ? weight[0] : 0.0);
    early[2 * row] = value[0];
    early[2 * row + 1] = total;
    for (Index k = 1; k < count; ++k)
        total = over_steps(mine[1], total, value[k], mine[1] == WEIGHTED ? weight[k] : 0.0);
    totals[row] = total;
}
