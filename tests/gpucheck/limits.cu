// What a card can do of each part of a coordinate-step when nothing else has to be done: everything in registers, no
// norms over blocks, no shared memory. kernel.cu comes before. What comes out is written so that nothing is left out.

#define CHAINS 8

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT / THREADS) limit_noise(float* out, Index tiles)
{
    const unsigned thread = blockIdx.x * THREADS + threadIdx.x;
    float sum = 0.0f;
    for (Index tile = 0; tile < tiles; ++tile) {
        float z[TILE];
        make_noise(z, thread, tile * TILE, 0, Key{1, 2});
#pragma unroll
        for (int s = 0; s < TILE; ++s) sum += z[s];
    }
    out[thread] = sum;
}

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT / THREADS) limit_step(
    REAL* out, REAL slope, REAL noise, Index tiles)
{
    const unsigned thread = blockIdx.x * THREADS + threadIdx.x;
    REAL w[ROWS] = {REAL(thread) / REAL(gridDim.x * THREADS)}, sum_1 = 0, sum_2 = 0;
    for (Index tile = 0; tile < tiles; ++tile) {
#pragma unroll
        for (int s = 0; s < TILE; ++s) {
            const REAL gradient = slope * slope_of(inner(w[0], nullptr), nullptr);
            update(w, gradient + parameters[0] * noise, hyper);
            noise = -noise;
            sum_1 += fabs(gradient);
            sum_2 += gradient * gradient;
        }
    }
    out[thread] = w[0] + sum_1 + sum_2;
}

extern "C" __global__ void __launch_bounds__(THREADS) limit_multiply_add(REAL* out, REAL factor, Index rounds)
{
    const unsigned thread = blockIdx.x * THREADS + threadIdx.x;
    REAL x[CHAINS];
    for (int j = 0; j < CHAINS; ++j) x[j] = REAL(thread + j);
    for (Index round = 0; round < rounds; ++round) {
#pragma unroll
        for (int j = 0; j < CHAINS; ++j) x[j] = fma(x[j], factor, factor);
    }
    for (int j = 1; j < CHAINS; ++j) x[0] += x[j];
    out[thread] = x[0];
}
