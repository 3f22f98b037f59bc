// The GPU engine's kernels. cuda_source.py puts before this text: REAL; ROWS, the number of x and the optimizer's
// state; VARYING, whether hyper-parameters depend on the step; THREADS of a block and COORDINATES of a thread; the
// constants in ``parameters`` and ``hyper``; the formulas as value_of, slope_of, update and law; and noise.cuh.
//
// A block is a replica's group of coordinates; it takes THREADS × COORDINATES of them at a time through all steps of
// a chunk. Their x and state are in shared memory and come into registers for half a tile of steps. The gradient's
// norms are summed over the coordinates of a thread, over the warp, some half tiles later over the block, and in order
// over the rest of the group.

#define BLOCK (THREADS * COORDINATES)
#define BATCH 8   // half tiles whose norms are summed over the block together
#define FAN 128   // groups that are summed by one thread

// Threads that a multiprocessor can hold at least: at most 128 registers a thread, or 168 where that doesn't do.
#define RESIDENT (VARYING || ROWS > 3 || DRAWS == DOUBLE ? 384 : 512)

struct Steps {  // of a launch: first … stop - 1, counted from 0
    Index first, stop;
};

__device__ __forceinline__ REAL inner(REAL x) { return (x - parameters[1]) * parameters[2]; }

// Adds the block's sums over *count* half tiles, the first of which begins at step *begin*, to the group's.
__device__ __forceinline__ void flush(
    const REAL* partial, int count, Index begin, Steps steps, bool initial, double* sums, Index chunk)
{
    __syncthreads();
    for (int i = threadIdx.x; i < count * 2 * HALF; i += THREADS) {
        const Index k = begin + i / (2 * HALF) * HALF + i % HALF;
        if (k < steps.first || k >= steps.stop) continue;
        double total = 0.0;
        for (int warp = 0; warp < WARPS; ++warp)
            total += double(partial[(i / (2 * HALF) * WARPS + warp) * 2 * HALF + i % (2 * HALF)]);
        double* const sum = sums + (i / HALF % 2) * chunk + (k - steps.first);
        *sum = initial ? total : *sum + total;
    }
    __syncthreads();
}

// Advances every item by the steps first … stop - 1; item = replica · groups + group.
// state: (replicas, ROWS, dim), updated in place; slopes: (dim,), or one for all with slope_stride 0;
// table: rows of hyper-parameters, one a step or one for all with table_stride 0 (unused unless VARYING);
// sums: (items, 2, chunk), overwritten with Σ|∇_i| and Σ∇_i² of each step.
extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT / THREADS) advance(
    REAL* __restrict__ state, const REAL* __restrict__ slopes, Index slope_stride, const REAL* __restrict__ table,
    Index table_stride, double* __restrict__ sums, Index dim, Index group_size, Index groups, Index chunk,
    Index first_replica, Index first, Index stop, unsigned key_low, unsigned key_high)
{
    SHARED(memory);
    REAL* const rows = reinterpret_cast<REAL*>(memory);               // (ROWS + the slope, COORDINATES, THREADS)
    REAL* const partial = rows + (ROWS + 1) * BLOCK;                  // (BATCH, WARPS, 2 HALF)
    float* const later = reinterpret_cast<float*>(partial + BATCH * WARPS * 2 * HALF);  // (HALF, COORDINATES, THREADS)

    const Index item = blockIdx.x, replica = item / groups, group = item % groups;
    const Index end = min(dim, (group + 1) * group_size);
    const Steps steps = {first, stop};
    const Key key = {key_low, key_high};
    state += replica * ROWS * dim;
    sums += item * 2 * chunk;

    for (Index base = group * group_size; base < end; base += BLOCK) {
        for (int c = 0; c < COORDINATES; ++c) {
            const int place = c * THREADS + threadIdx.x;
            const bool used = base + place < end;
            for (int row = 0; row < ROWS; ++row)
                rows[row * BLOCK + place] = used ? state[row * dim + base + place] : REAL(0);
            rows[ROWS * BLOCK + place] = used ? slopes[(base + place) * slope_stride] : REAL(0);
        }

        const Index tile = first - first % TILE;
        int waiting = 0;
#pragma unroll 1
        for (Index begin = tile; begin < stop; begin += HALF) {
            const bool later_half = begin % TILE != 0;
            const int early = int(max(first - begin, Index(0))), late = int(max(begin + HALF - stop, Index(0)));
            const unsigned wanted = (0xFFu << early) & (0xFFu >> late);  // bit s: step begin + s is among the launch's
#if VARYING
            const REAL* const hypers = table + (begin - first) * table_stride;
#endif
            REAL norms[2 * HALF] = {};
#pragma unroll 1
            for (int c = 0; c < COORDINATES && base + c * THREADS < end; ++c) {
                const int place = c * THREADS + threadIdx.x;
                float z[HALF];
                if (later_half) {
#pragma unroll
                    for (int s = 0; s < HALF; ++s) z[s] = later[s * BLOCK + place];
                } else {
                    float both[TILE];
                    make_noise(both, unsigned(base + place), begin, unsigned(first_replica + replica), key);
#pragma unroll
                    for (int s = 0; s < HALF; ++s) {
                        z[s] = both[s];
                        later[s * BLOCK + place] = both[HALF + s];
                    }
                }
                REAL w[ROWS];
#pragma unroll
                for (int row = 0; row < ROWS; ++row) w[row] = rows[row * BLOCK + place];
                const REAL slope = rows[ROWS * BLOCK + place];
#pragma unroll
                for (int s = 0; s < HALF; ++s) {
                    if (!(wanted >> s & 1)) continue;
                    REAL gradient = slope * slope_of(inner(w[0]));
#if VARYING
                    const REAL* const hyper = hypers + s * table_stride;
#endif
                    update(w, gradient + parameters[0] * REAL(z[s]), hyper);
                    gradient = slope != REAL(0) ? gradient : REAL(0);  // a place beyond the end may hold anything
                    norms[s] += fabs(gradient);
                    norms[HALF + s] += gradient * gradient;
                }
#pragma unroll
                for (int row = 0; row < ROWS; ++row) rows[row * BLOCK + place] = w[row];
            }
            const REAL sum = sum_over_warp(norms);
            const int lane = threadIdx.x % 32;
            if (lane % 2 == 0) partial[(waiting * WARPS + threadIdx.x / 32) * 2 * HALF + lane / 2] = sum;
            ++waiting;
            if (waiting == BATCH || begin + HALF >= stop) {
                const Index earliest = begin - (waiting - 1) * HALF;
                flush(partial, waiting, earliest, steps, base == group * group_size, sums, chunk);
                waiting = 0;
            }
        }

        for (int c = 0; c < COORDINATES; ++c) {
            const int place = c * THREADS + threadIdx.x;
            if (base + place >= end) continue;
            for (int row = 0; row < ROWS; ++row) state[row * dim + base + place] = rows[row * BLOCK + place];
        }
    }
}

// Puts x at the start and the optimizer's state at 0. state: (replicas, ROWS, dim), *size* numbers in all.
extern "C" __global__ void begin(REAL* __restrict__ state, REAL start, Index dim, Index size)
{
    const Index i = blockIdx.x * Index(blockDim.x) + threadIdx.x;
    if (i < size) state[i] = i / dim % ROWS == 0 ? start : REAL(0);
}

// Sums FAN groups at a time, in order. sums: (replicas, groups, 2, chunk); out: (replicas, parts, kinds, chunk),
// overwritten with Σ|∇_i| and Σ∇_i² over the groups of a part for *count* steps, and with kinds = 3 also the latter's
// root. A thread for each (replica, part, kind, step).
extern "C" __global__ void gather(
    const double* __restrict__ sums, double* __restrict__ out, Index replicas, Index groups, Index parts, Index kinds,
    Index chunk, Index count)
{
    const Index thread = blockIdx.x * Index(blockDim.x) + threadIdx.x;
    const Index k = thread % count, kind = thread / count % 2, place = thread / count / 2;
    const Index part = place % parts, replica = place / parts;
    if (replica >= replicas) return;
    double total = 0.0;
    for (Index group = part * FAN; group < min(groups, (part + 1) * FAN); ++group)
        total += sums[((replica * groups + group) * 2 + kind) * chunk + k];
    out[(place * kinds + kind) * chunk + k] = total;
    if (kind == 1 && kinds == 3) out[(place * kinds + 2) * chunk + k] = sqrt(total);
}

// Adds *count* steps to the totals of the three kinds, one after the other, so that the sums don't depend on how the
// run was cut. totals: (replicas, 3); early: (replicas, 3, 2), overwritten with the first step's norm and the totals
// after it.
extern "C" __global__ void fold(
    const double* __restrict__ norms, double* __restrict__ totals, double* __restrict__ early, Index replicas,
    Index chunk, Index count)
{
    const Index row = blockIdx.x * Index(blockDim.x) + threadIdx.x;
    if (row >= 3 * replicas) return;
    const double* const norm = norms + row * chunk;
    double total = totals[row] + norm[0];
    early[2 * row] = norm[0];
    early[2 * row + 1] = total;
    for (Index k = 1; k < count; ++k) total += norm[k];
    totals[row] = total;
}

__device__ __forceinline__ elementary::Bits<REAL> size_bits(REAL x)
{
    return elementary::bits_of(elementary::fabs(x));  // in the order of sizes, NaN last
}

// diagnostics: (items, 3), overwritten with Σ slope·φ, max|∇_i| and max|x_i| of each item.
extern "C" __global__ void measure(
    const REAL* __restrict__ state, const REAL* __restrict__ slopes, Index slope_stride,
    double* __restrict__ diagnostics, Index dim, Index group_size, Index groups)
{
    using Bits = elementary::Bits<REAL>;
    SHARED(memory);
    double* const totals = reinterpret_cast<double*>(memory);  // (THREADS,) each
    Bits* const steepest = reinterpret_cast<Bits*>(totals + THREADS);
    Bits* const furthest = steepest + THREADS;

    const Index item = blockIdx.x, group = item % groups, end = min(dim, (group + 1) * group_size);
    const REAL* const x = state + item / groups * ROWS * dim;
    double total = 0.0;
    Bits steep = 0, far = 0;
    for (Index i = group * group_size + threadIdx.x; i < end; i += THREADS) {
        const REAL u = inner(x[i]), slope = slopes[i * slope_stride];
        total += double(slope * value_of(u));
        steep = max(steep, size_bits(slope * slope_of(u)));
        far = max(far, size_bits(x[i]));
    }
    totals[threadIdx.x] = total;
    steepest[threadIdx.x] = steep;
    furthest[threadIdx.x] = far;
    for (int half = THREADS / 2; half >= 1; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) {
            totals[threadIdx.x] += totals[threadIdx.x + half];
            steepest[threadIdx.x] = max(steepest[threadIdx.x], steepest[threadIdx.x + half]);
            furthest[threadIdx.x] = max(furthest[threadIdx.x], furthest[threadIdx.x + half]);
        }
    }
    if (threadIdx.x == 0) {
        diagnostics[3 * item] = totals[0];
        diagnostics[3 * item + 1] = double(elementary::real_of(steepest[0]));
        diagnostics[3 * item + 2] = double(elementary::real_of(furthest[0]));
    }
}
