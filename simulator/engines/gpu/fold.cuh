// Sums and maxima: of two numbers, over the lanes of a warp, over groups, over steps. Before this text: SLOTS and
// LARGEST; RUNNING, how many quantities have curves, the first ones; the formulas as reading_of; and noise.cuh.

#define FAN 16  // groups that a thread of ``gather`` folds

// How a quantity runs over the steps; what is none of these is its last value.
#define TOTAL 0
#define WEIGHTED 1
#define LEAST 2
#define MOST 3

__device__ __forceinline__ bool is_largest(int slot) { return LARGEST >> slot & 1; }

// The sum or the larger of two numbers, where NaN is larger than all others.
template <class T> __device__ __forceinline__ T join(bool largest, T a, T b)
{
    return !largest ? a + b : a >= b || a != a ? a : b;
}

// What changes no other number that it is joined with.
template <class T> __device__ __forceinline__ T nothing(bool largest)
{
    return largest ? -elementary::infinity<T>() : T(0);
}

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
// folds: (replicas, stride, slots, count), of which those of *groups* groups from number *first* on are joined; out:
// (replicas, parts, slots, count), overwritten; *largest* has a bit for each slot that is a maximum. A thread for each
// number of *out*.
extern "C" __global__ void gather(
    const double* __restrict__ folds, double* __restrict__ out, Index replicas, Index stride, Index first, Index groups,
    Index parts, Index slots, Index count, unsigned long long largest)
{
    const Index thread = blockIdx.x * Index(blockDim.x) + threadIdx.x;
    const Index k = thread % count, slot = thread / count % slots, part = thread / count / slots % parts;
    const Index replica = thread / count / slots / parts;
    if (replica >= replicas) return;
    const int there = int(min(groups - part * FAN, Index(FAN)));
    const double* const mine = folds + ((replica * stride + first + part * FAN) * slots + slot) * count + k;
    double value[FAN];
#pragma unroll
    for (int j = 0; j < FAN; ++j) value[j] = j < there ? mine[j * slots * count] : 0.0;
#pragma unroll
    for (int half = 1; half < FAN; half *= 2)
#pragma unroll
        for (int j = 0; j < FAN; j += 2 * half)
            if (j + half < there) value[j] = join(bool(largest >> slot & 1), value[j], value[j + half]);
    out[thread] = value[0];
}

// Readings from the folds over all coordinates. folds: (replicas, SLOTS, count); out: (replicas, readings, count),
// overwritten. A thread for each number of *out*.
extern "C" __global__ void read(
    const double* __restrict__ folds, double* __restrict__ out, Index replicas, Index readings, Index count)
{
    const Index thread = blockIdx.x * Index(blockDim.x) + threadIdx.x;
    const Index k = thread % count, reading = thread / count % readings, replica = thread / count / readings;
    if (replica < replicas) out[thread] = reading_of(int(reading), folds + replica * SLOTS * count + k, count);
}

__device__ __forceinline__ double over_steps(Index over, double total, double value, double weight)
{
    if (over == TOTAL) return total + value;
    if (over == WEIGHTED) return total + weight * value;
    if (over == LEAST) return total <= value || total != total ? total : value;
    if (over == MOST) return join(true, total, value);
    return value;
}

// Runs the quantities over *count* steps, one after the other, so that they don't depend on how the run was cut.
// values: (replicas, readings, count); plan: (quantities, 3), a quantity's reading, how it runs over the steps, and
// its row of weights: (…, count); totals: (replicas, quantities), updated; marks: steps, of which there are *marked*;
// curves: (replicas, marked, 2, RUNNING), overwritten with the first quantities' readings and totals at these steps.
// A thread for each (replica, quantity).
extern "C" __global__ void fold(
    const double* __restrict__ values, const Index* __restrict__ plan, const double* __restrict__ weights,
    const Index* __restrict__ marks, double* __restrict__ totals, double* __restrict__ curves, Index replicas,
    Index readings, Index quantities, Index marked, Index count)
{
    const Index row = blockIdx.x * Index(blockDim.x) + threadIdx.x, replica = row / quantities;
    if (replica >= replicas) return;
    const Index quantity = row % quantities, over = plan[3 * quantity + 1];
    const double* const value = values + (replica * readings + plan[3 * quantity]) * count;
    const double* const weight = weights + plan[3 * quantity + 2] * count;
    double total = totals[row];
    Index mark = 0, next = quantity < RUNNING && marked > 0 ? marks[0] : count;
    for (Index k = 0; k < count; ++k) {
        total = over_steps(over, total, value[k], over == WEIGHTED ? weight[k] : 0.0);
        if (k < next) continue;
        double* const curve = curves + (replica * marked + mark) * 2 * RUNNING + quantity;
        curve[0] = value[k];
        curve[RUNNING] = total;
        next = ++mark < marked ? marks[mark] : count;
    }
    totals[row] = total;
}
