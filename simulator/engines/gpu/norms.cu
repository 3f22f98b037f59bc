// Norms of random vectors on the GPU. cuda_source.py puts before this text: THREADS of a block, the noise law, noise.cuh.
// A sample is a step of the counter layout, as in samples/sampling.py; a block makes a tile of them, for a group of
// coordinates.

// sums: (tiles, groups, 2, TILE), overwritten with Σ|g_i| and Σg_i² of each sample over each group.
// A block for each (tile, group); first is a multiple of TILE.
extern "C" __global__ void __launch_bounds__(THREADS, 512 / THREADS) norms(
    double* __restrict__ sums, Index dim, Index group_size, Index groups, unsigned long long first, unsigned replica,
    unsigned key_low, unsigned key_high)
{
    SHARED(memory);
    double* const partial = reinterpret_cast<double*>(memory);  // (WARPS, 2, TILE)
    const Index tile = blockIdx.x / groups, group = blockIdx.x % groups;
    const Index end = min(dim, (group + 1) * group_size);
    const Key key = {key_low, key_high};
    double sum_1[TILE] = {}, sum_2[TILE] = {};
    for (Index i = group * group_size + threadIdx.x; i < end; i += THREADS) {
        float z[TILE];
        make_noise(z, unsigned(i), first + tile * TILE, replica, key);
#pragma unroll
        for (int s = 0; s < TILE; ++s) {
            const double g = fabs(double(z[s]));
            sum_1[s] += g;
            sum_2[s] += g * g;
        }
    }
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const double total_1 = sum_over_warp(sum_1), total_2 = sum_over_warp(sum_2);
    if (lane % 2 == 0) {
        partial[warp * 2 * TILE + lane / 2] = total_1;
        partial[warp * 2 * TILE + TILE + lane / 2] = total_2;
    }
    __syncthreads();
    if (threadIdx.x < 2 * TILE) {
        double total = 0.0;
        for (int w = 0; w < WARPS; ++w) total += partial[w * 2 * TILE + threadIdx.x];
        sums[(tile * groups + group) * 2 * TILE + threadIdx.x] = total;
    }
}
