// Noise of a tile, the numbers of rng.py and noise_tile.py: Philox4x32-10 with the counter (coordinate, step div 4,
// replica, stream), then the law; and what the kernels share. Before this text: THREADS of a block, DRAWS (one of the
// three below) and the function law.

#ifndef SHARED
#define SHARED(name) extern __shared__ __align__(16) unsigned char name[]
#endif

#define WARPS (THREADS / 32)

using Index = long long;

#define SINGLE 1  // law(sign, size) → one number
#define PAIR 2    // law(sign_a, a, sign_b, b, z_0, z_1) → the numbers of the steps t and t + HALF
#define DOUBLE 3  // law(sign_a, a, sign_b, b) → one number, from a word of either stream

#define TILE 16
#define HALF 8

struct Key {
    unsigned low, high;
};

__device__ __forceinline__ void philox(unsigned c0, unsigned c1, unsigned c2, unsigned c3, Key key, unsigned (&word)[4])
{
    const unsigned multiplier_0 = 0xD2511F53u, multiplier_1 = 0xCD9E8D57u;
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        const unsigned high_0 = __umulhi(multiplier_0, c0), low_0 = multiplier_0 * c0;
        const unsigned high_1 = __umulhi(multiplier_1, c2), low_1 = multiplier_1 * c2;
        c0 = high_1 ^ c1 ^ key.low;
        c1 = low_1;
        c2 = high_0 ^ c3 ^ key.high;
        c3 = low_0;
        key.low += 0x9E3779B9u;
        key.high += 0xBB67AE85u;
    }
    word[0] = c0;
    word[1] = c1;
    word[2] = c2;
    word[3] = c3;
}

// A word as a sign ±1 (its top bit) and a number uniform in (0, 1] (its other 31 bits, centred).
__device__ __forceinline__ float sign_of(unsigned word) { return __int_as_float((word & 0x80000000u) | 0x3F800000u); }
__device__ __forceinline__ float size_of(unsigned word)
{
    return (float(int(word & 0x7FFFFFFFu)) + 0.5f) * 4.656612873077393e-10f;
}

// Noise of the steps tile … tile + TILE - 1, *tile* a multiple of TILE.
__device__ __forceinline__ void make_noise(
    float (&z)[TILE], unsigned coordinate, unsigned long long tile, unsigned replica, Key key)
{
    const unsigned quad = unsigned(tile / 4);
#pragma unroll
    for (int q = 0; q < (DRAWS == PAIR ? 2 : 4); ++q) {
        unsigned a[4], b[4];
        philox(coordinate, quad + q, replica, 0, key, a);
        if (DRAWS == PAIR) philox(coordinate, quad + q + 2, replica, 0, key, b);
        if (DRAWS == DOUBLE) philox(coordinate, quad + q, replica, 1, key, b);
#pragma unroll
        for (int w = 0; w < 4; ++w) {
            const int step = 4 * q + w;
#if DRAWS == SINGLE
            z[step] = law(sign_of(a[w]), size_of(a[w]));
#elif DRAWS == PAIR
            law(sign_of(a[w]), size_of(a[w]), sign_of(b[w]), size_of(b[w]), z[step], z[step + HALF]);
#else
            z[step] = law(sign_of(a[w]), size_of(a[w]), sign_of(b[w]), size_of(b[w]));
#endif
        }
    }
}

// Half of the values of either lane of a pair, each summed over the pair: the upper lane keeps the upper half.
template <int half, class T, int size> __device__ __forceinline__ void exchange_halves(T (&value)[size])
{
    const bool upper = threadIdx.x & (2 * half);
#pragma unroll
    for (int j = 0; j < half; ++j) {
        const T mine = upper ? value[j + half] : value[j];
        const T theirs = upper ? value[j] : value[j + half];
        value[j] = mine + __shfl_xor_sync(0xFFFFFFFFu, theirs, 2 * half);
    }
}

// Sums each of the 16 values over the lanes of a warp; lane l gets the sum of value l / 2.
template <class T> __device__ __forceinline__ T sum_over_warp(T (&value)[16])
{
    exchange_halves<8>(value);
    exchange_halves<4>(value);
    exchange_halves<2>(value);
    exchange_halves<1>(value);
    return value[0] + __shfl_xor_sync(0xFFFFFFFFu, value[0], 1);
}
