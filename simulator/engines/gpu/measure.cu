// Diagnostics of x as it is: for the checkpoints.

__device__ __forceinline__ elementary::Bits<REAL> size_bits(REAL x)
{
    return elementary::bits_of(elementary::fabs(x));  // in the order of sizes, NaN last
}

// diagnostics: (items, 3), overwritten with Σ weight·φ, max|∇_i| and max|x_i| of each item; given: as for ``advance``.
extern "C" __global__ void measure(
    const REAL* __restrict__ state, const REAL* __restrict__ given, Index given_stride,
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
        const REAL slope = given[i * given_stride];
        REAL own[OWN ? OWN : 1];
        for (int row = 0; row < OWN; ++row) own[row] = given[((1 + row) * dim + i) * given_stride];
        const REAL u = inner(x[i], own);
        total += double(weight_of(slope, own) * value_of(u, own));
        steep = max(steep, size_bits(slope * slope_of(u, own)));
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
