// The GPU engine's kernels over coordinates. source.py puts before this text: REAL; ROWS, the number of x and the
// optimizer's state; OWN, how many numbers each coordinate has its own of; VARYING, whether hyper-parameters depend on the step; SLOTS, the number of folds over coordinates,
// and LARGEST, a bit for each that is a maximum; THREADS of a block and COORDINATES of a thread; the constants in
// ``parameters`` and ``hyper``; the formulas as value_of, slope_of, noise_of, terms, update and law; and noise.cuh and
// fold.cuh.
//
// A block is a replica's group of coordinates; it takes THREADS × COORDINATES of them at a time through all steps of
// a chunk. Their x and state are in shared memory and come into registers for half a tile of steps. A step's terms
// are folded over the coordinates of a thread, over the warp, some half tiles later over the block, and in order
// over the rest of the group.

#define BLOCK (THREADS * COORDINATES)
#define BATCH (SLOTS < 16 ? 16 / SLOTS : 1)  // half tiles that are folded over the block together

// Threads that a multiprocessor can hold at least: at most 128 registers a thread, or 168 or 255 where that doesn't do.
constexpr bool WIDE = VARYING || ROWS > 3 || OWN || DRAWS == DOUBLE;
constexpr int WORDS = SLOTS * int(sizeof(REAL)) / 4;  // registers for the folds of one step
constexpr int RESIDENT = WORDS > 8 ? 256 : WORDS > 4 || WIDE ? 384 : 512;

struct Steps {  // of a launch: first … stop - 1, counted from 0; of its chunk: *count* from *start* on
    Index first, stop, start, count;
};

// Joins the block's folds over *count* half tiles, the first of which begins at step *begin*, to the group's.
__device__ __forceinline__ void flush(
    const REAL* partial, int count, Index begin, Steps steps, bool initial, double* folds)
{
    __syncthreads();
    for (int i = threadIdx.x; i < count * SLOTS * HALF; i += THREADS) {
        const int tile = i / (SLOTS * HALF), place = i % (SLOTS * HALF), slot = place / HALF;
        const Index k = begin + tile * HALF + place % HALF;
        if (k < steps.first || k >= steps.stop) continue;
        double total = double(partial[tile * WARPS * SLOTS * HALF + place]);
        for (int warp = 1; warp < WARPS; ++warp)
            total = join(is_largest(slot), total, double(partial[(tile * WARPS + warp) * SLOTS * HALF + place]));
        double* const fold = folds + slot * steps.count + (k - steps.start);
        *fold = initial ? total : join(is_largest(slot), *fold, total);
    }
    __syncthreads();
}

// Advances every item by the steps first … stop - 1, of a chunk of *count* steps from *start* on;
// item = replica · groups + group. The coordinates are *dim* of them, from number *origin* on, where a group begins.
// state: (replicas, ROWS, dim), updated in place; given: the slopes and what coordinates have their own of, (1 + OWN,
// dim), or one slope for all with given_stride 0;
// table: rows of hyper-parameters, one a step or one for all with table_stride 0 (unused unless VARYING);
// folds: (items, SLOTS, count), overwritten at those steps with the terms of each, folded.
extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT / THREADS) advance(
    REAL* __restrict__ state, const REAL* __restrict__ given, Index given_stride, const REAL* __restrict__ table,
    Index table_stride, double* __restrict__ folds, Index origin, Index dim, Index group_size, Index groups,
    Index first_replica, Index start, Index count, Index first, Index stop, unsigned key_low, unsigned key_high)
{
    SHARED(memory);
    REAL* const rows = reinterpret_cast<REAL*>(memory);               // (ROWS + slope + OWN, COORDINATES, THREADS)
    REAL* const partial = rows + (ROWS + 1 + OWN) * BLOCK;            // (BATCH, WARPS, SLOTS, HALF)
    float* const later = reinterpret_cast<float*>(partial + BATCH * WARPS * SLOTS * HALF);  // (HALF, COORDINATES, …)

    const Index item = blockIdx.x, replica = item / groups, group = item % groups;
    const Index end = min(dim, (group + 1) * group_size);
    const Steps steps = {first, stop, start, count};
    const Key key = {key_low, key_high};
    state += replica * ROWS * dim;
    folds += item * SLOTS * count;

    for (Index base = group * group_size; base < end; base += BLOCK) {
        for (int c = 0; c < COORDINATES; ++c) {
            const int place = c * THREADS + threadIdx.x;
            const bool used = base + place < end;
            for (int row = 0; row < ROWS; ++row)
                rows[row * BLOCK + place] = used ? state[row * dim + base + place] : REAL(0);
            for (int row = 0; row < 1 + OWN; ++row)
                rows[(ROWS + row) * BLOCK + place] = used ? given[(row * dim + base + place) * given_stride] : REAL(0);
        }

        const Index tile = first - first % TILE;
        int waiting = 0;
#pragma unroll 1
        for (Index begin = tile; begin < stop; begin += HALF) {
            const bool later_half = begin % TILE != 0;
            const int early = int(max(first - begin, Index(0))), late = int(max(begin + HALF - stop, Index(0)));
            const unsigned wanted = (0xFFu << early) & (0xFFu >> late);  // bit s: step begin + s is among the launch's
#if VARYING
            const REAL* const hypers = table + (begin - start) * table_stride;
#endif
            REAL folded[SLOTS][HALF];
#pragma unroll
            for (int slot = 0; slot < SLOTS; ++slot)
#pragma unroll
                for (int s = 0; s < HALF; ++s) folded[slot][s] = nothing<REAL>(is_largest(slot));
#pragma unroll 1
            for (int c = 0; c < COORDINATES && base + c * THREADS < end; ++c) {
                const int place = c * THREADS + threadIdx.x;
                float z[HALF];
                if (later_half) {
#pragma unroll
                    for (int s = 0; s < HALF; ++s) z[s] = later[s * BLOCK + place];
                } else {
                    float both[TILE];
                    make_noise(both, unsigned(origin + base + place), begin, unsigned(first_replica + replica), key);
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
                REAL own[OWN ? OWN : 1];
#pragma unroll
                for (int row = 0; row < OWN; ++row) own[row] = rows[(ROWS + 1 + row) * BLOCK + place];
                const bool used = base + place < end;  // a place beyond the end may hold anything
#pragma unroll
                for (int s = 0; s < HALF; ++s) {
                    if (!(wanted >> s & 1)) continue;
#if VARYING
                    const REAL* const hyper = hypers + s * table_stride;
#endif
                    const REAL x = w[0], gradient = slope * slope_of(inner(x, own), own);
                    update(w, gradient + noise_of(gradient, REAL(z[s]), own), hyper);
                    REAL term[SLOTS];
                    terms(term, gradient, x, slope, hyper, own);
#pragma unroll
                    for (int slot = 0; slot < SLOTS; ++slot)
                        folded[slot][s] = join(
                            is_largest(slot), folded[slot][s], used ? term[slot] : nothing<REAL>(is_largest(slot)));
                }
#pragma unroll
                for (int row = 0; row < ROWS; ++row) rows[row * BLOCK + place] = w[row];
            }
            const int lane = threadIdx.x % 32;
            REAL* const mine = partial + (waiting * WARPS + threadIdx.x / 32) * SLOTS * HALF;
#pragma unroll
            for (int slot = 0; slot < SLOTS; ++slot) {
                const REAL fold = fold_over_warp(is_largest(slot), folded[slot]);
                if (lane % 2 == 0 && lane < 2 * HALF) mine[slot * HALF + lane / 2] = fold;
            }
            ++waiting;
            if (waiting == BATCH || begin + HALF >= stop) {
                const Index earliest = begin - (waiting - 1) * HALF;
                flush(partial, waiting, earliest, steps, base == group * group_size, folds);
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

// Puts x at the start and the optimizer's state at 0. state: (replicas, ROWS, dim), *size* numbers in all; start:
// (dim,), or one for all with start_stride 0.
extern "C" __global__ void begin(
    REAL* __restrict__ state, const REAL* __restrict__ start, Index start_stride, Index dim, Index size)
{
    const Index i = blockIdx.x * Index(blockDim.x) + threadIdx.x;
    if (i < size) state[i] = i / dim % ROWS == 0 ? start[i % dim * start_stride] : REAL(0);
}
