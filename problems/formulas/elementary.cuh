// The functions of elementary.py in CUDA C, operation by operation, so that the bits are the same.
// Constants<R> and the polynomials in it are written from elementary.py (see cuda.py).

namespace elementary {

template <class R> using Bits = typename Constants<R>::Bits;
template <class R> using Word = typename Constants<R>::Word;  // unsigned, so that it may wrap

__device__ __forceinline__ int bits_of(float x) { return __float_as_int(x); }
__device__ __forceinline__ long long bits_of(double x) { return __double_as_longlong(x); }
__device__ __forceinline__ float real_of(int word) { return __int_as_float(word); }
__device__ __forceinline__ double real_of(long long word) { return __longlong_as_double(word); }

template <class R> __device__ __forceinline__ R infinity()
{
    return real_of(Bits<R>(Word<R>(2 * Constants<R>::bias + 1) << Constants<R>::mantissa));
}
template <class R> __device__ __forceinline__ R nan() { return infinity<R>() - infinity<R>(); }

// What C has.
template <class R> __device__ __forceinline__ R sqrt(R x) { return ::sqrt(x); }
template <class R> __device__ __forceinline__ R log1p(R x) { return ::log1p(x); }
template <class R> __device__ __forceinline__ R log2(R x) { return ::log2(x); }
template <class R> __device__ __forceinline__ R tan(R x) { return ::tan(x); }
template <class R> __device__ __forceinline__ R asin(R x) { return ::asin(x); }
template <class R> __device__ __forceinline__ R acos(R x) { return ::acos(x); }
template <class R> __device__ __forceinline__ R atan(R x) { return ::atan(x); }
template <class R> __device__ __forceinline__ R sinh(R x) { return ::sinh(x); }
template <class R> __device__ __forceinline__ R cosh(R x) { return ::cosh(x); }
template <class R> __device__ __forceinline__ R erf(R x) { return ::erf(x); }
template <class R> __device__ __forceinline__ R erfc(R x) { return ::erfc(x); }
template <class R> __device__ __forceinline__ R floor(R x) { return ::floor(x); }
template <class R> __device__ __forceinline__ R ceil(R x) { return ::ceil(x); }
template <class R> __device__ __forceinline__ R fabs(R x) { return ::fabs(x); }
template <class R> __device__ __forceinline__ R abs(R x) { return ::fabs(x); }
template <class R> __device__ __forceinline__ R atan2(R x, R y) { return ::atan2(x, y); }
template <class R> __device__ __forceinline__ R copysign(R x, R y) { return ::copysign(x, y); }
template <class R> __device__ __forceinline__ R hypot(R x, R y) { return ::hypot(x, y); }
template <class R> __device__ __forceinline__ R pow(R x, R y) { return ::pow(x, y); }

// Python's own order of comparison, so that NaN goes the same way everywhere.
template <class R> __device__ __forceinline__ R min(R x, R y) { return y < x ? y : x; }
template <class R> __device__ __forceinline__ R max(R x, R y) { return y > x ? y : x; }

template <class R> __device__ __forceinline__ R power_2(R x) { return x * x; }
template <class R> __device__ __forceinline__ R power_3(R x) { return x * x * x; }
template <class R> __device__ __forceinline__ R power_4(R x) { return x * x * x * x; }
template <class R> __device__ __forceinline__ R power_5(R x) { return x * x * x * x * x; }
template <class R> __device__ __forceinline__ R power_6(R x) { return x * x * x * x * x * x; }
template <class R> __device__ __forceinline__ R power_7(R x) { return x * x * x * x * x * x * x; }
template <class R> __device__ __forceinline__ R power_8(R x) { return x * x * x * x * x * x * x * x; }

template <class R> __device__ __forceinline__ R two_to(R n)
{
    return real_of(Bits<R>(Word<R>(Bits<R>(n) + Constants<R>::bias) << Constants<R>::mantissa));
}

// e^r - 1 and n with x = n ln 2 + r; x is clipped to where exp is neither 0 nor inf.
template <class R> __device__ __forceinline__ R reduced(R x, R& n)
{
    using C = Constants<R>;
    x = x < C::exp_least ? C::exp_least : x;
    x = x > C::exp_most ? C::exp_most : x;
    n = ::floor(x * R(1.4426950408889634) + R(0.5));
    const R r = (x - n * C::ln2_high) - n * C::ln2_low;
    return r + r * r * C::exp_tail(r);
}

template <class R> __device__ __forceinline__ R exp(R x)
{
    R n;
    const R e = reduced(x, n), first = ::floor(n * R(0.5));
    return ((R(1) + e) * two_to(first)) * two_to(n - first);
}

template <class R> __device__ __forceinline__ R expm1(R x)
{
    R n;
    const R e = reduced(x, n), first = ::floor(n * R(0.5));
    const R scale = two_to(first) * two_to(n - first);
    return scale * e + (scale - R(1));
}

template <class R> __device__ __forceinline__ R tanh(R x)
{
    R size = ::fabs(x);
    size = size > R(22) ? R(22) : size;
    const R e = expm1(R(2) * size), t = e / (e + R(2));
    return x >= R(0) ? t : -t;
}

__device__ __forceinline__ float log_of_fraction(float t, float e)
{
    using C = Constants<float>;
    const float square = 0.5f * t * t;
    return e * C::ln2_high + (((t * t * t) * C::log_tail(t) + e * C::ln2_low - square) + t);
}

__device__ __forceinline__ double log_of_fraction(double t, double e)
{
    using C = Constants<double>;
    const double square = 0.5 * t * t, s = t / (2.0 + t), z = s * s;
    const double rest = s * (square + z * C::log_tail(z));
    return e * C::ln2_high - ((square - (rest + e * C::ln2_low)) - t);
}

// x is positive, finite and not subnormal: x = m 2^e with m in [√½, √2), and t = m - 1.
template <class R> __device__ __forceinline__ R log_ordinary(R x)
{
    using C = Constants<R>;
    const Word<R> word = bits_of(x);
    const Bits<R> e = Bits<R>(word - Word<R>(C::sqrt_half)) >> C::mantissa;
    return log_of_fraction(real_of(Bits<R>(word - (Word<R>(e) << C::mantissa))) - R(1), R(e));
}

template <class R> __device__ __forceinline__ R log(R x)
{
    using C = Constants<R>;
    const bool tiny = x < C::smallest;
    R value = log_ordinary(tiny ? x * C::lift : x);
    value = tiny ? value - C::lifted * (C::ln2_high + C::ln2_low) : value;
    value = x == infinity<R>() ? x : value;
    value = x == R(0) ? -infinity<R>() : value;
    return x >= R(0) ? value : nan<R>();
}

// (-1)^whole sin(x - nπ), |x - nπ| ≤ π/2, which the clip holds up where x has no phase left.
template <class R> __device__ __forceinline__ R arc(R x, R n, R whole)
{
    using C = Constants<R>;
    const R quarter = R(1.5707963267948966);
    R r = ((x - n * C::pi_1) - n * C::pi_2) - n * C::pi_3;
    r = r < -quarter ? -quarter : r;
    r = r > quarter ? quarter : r;
    const R z = r * r, value = r + r * z * C::sin_tail(z);
    const R odd = whole - R(2) * ::floor(whole * R(0.5));
    return value - R(2) * odd * value;
}

template <class R> __device__ __forceinline__ R sin(R x)
{
    const R n = ::floor(x * R(0.3183098861837907) + R(0.5));
    return arc(x, n, n);
}

template <class R> __device__ __forceinline__ R cos(R x)
{
    const R n = ::floor(x * R(0.3183098861837907)) + R(0.5);
    return -arc(x, n, n - R(0.5));
}

}  // namespace elementary
