// CUDA C for an ordinary C++ compiler: every thread of a block is a fiber, a barrier gives way to the others.
// Included before a kernel's text, which is compiled as it is; emulator.cpp runs it.
#pragma once
#include <cmath>
#include <cstdlib>
#include <cstring>

#define __device__
#define __global__
#define __constant__
#define __forceinline__ inline
#define __restrict__ __restrict
#define __launch_bounds__(...)
#define SHARED(name) unsigned char* const name = emulator::shared

struct Place {
    unsigned x;
};
extern Place threadIdx, blockIdx, blockDim, gridDim;

namespace emulator {
extern unsigned char* shared;
void block_barrier();
void exchange(unsigned mask, const void* mine, void* theirs, unsigned size, int lane_mask);
template <class To, class From> inline To bits(From from)
{
    To to;
    static_assert(sizeof(To) == sizeof(From), "");
    memcpy(&to, &from, sizeof to);
    return to;
}
}  // namespace emulator

inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned((unsigned long long)a * b >> 32); }
inline int __float_as_int(float x) { return emulator::bits<int>(x); }
inline float __int_as_float(int x) { return emulator::bits<float>(x); }
inline long long __double_as_longlong(double x) { return emulator::bits<long long>(x); }
inline double __longlong_as_double(long long x) { return emulator::bits<double>(x); }
inline long long min(long long a, long long b) { return b < a ? b : a; }
inline long long max(long long a, long long b) { return b > a ? b : a; }
inline int max(int a, int b) { return b > a ? b : a; }
inline void __syncthreads() { emulator::block_barrier(); }
template <class T> inline T __shfl_xor_sync(unsigned mask, T mine, int lane_mask)
{
    T theirs;
    emulator::exchange(mask, &mine, &theirs, sizeof mine, lane_mask);
    return theirs;
}

// The C functions for either type, as CUDA has them.
using std::acos, std::asin, std::atan, std::atan2, std::ceil, std::copysign, std::cosh, std::erf, std::erfc;
using std::fabs, std::floor, std::fma, std::hypot, std::log1p, std::log2, std::pow, std::sinh, std::sqrt, std::tan;
