/*
 * Mathematics for plugins in C, without a library: the same results on every machine, since nothing but IEEE arithmetic
 * is used. Relative errors are below 1e-13, absolute ones of sin and cos below 1e-13 for |x| up to 1e5; infinities and NaN
 * are not treated as in libm. Formulas: Taylor's series on a small interval, reached by exact steps of ln 2 and pi / 2.
 */
#ifndef AUDIOCLOUD_MATH_H
#define AUDIOCLOUD_MATH_H

#define M_PI 3.14159265358979323846

static inline double fabs(double x) { return __builtin_fabs(x); }
static inline double sqrt(double x) { return __builtin_sqrt(x); }
static inline double floor(double x) { return __builtin_floor(x); }
static inline double ceil(double x) { return __builtin_ceil(x); }
static inline double rint(double x) { return __builtin_rint(x); }
static inline double trunc(double x) { return __builtin_trunc(x); }
static inline double fmin(double a, double b) { return b < a ? b : a; }
static inline double fmax(double a, double b) { return b > a ? b : a; }

/* 2 to the power of a whole number from -1074 to 1023. */
static inline double ac_power_of_two(int n) {
  double scale = 1;
  if (n < -1022) { n += 53; scale = 1.1102230246251565e-16; } /* 2^-53 */
  union { unsigned long long bits; double value; } whole = {(unsigned long long)(n + 1023) << 52};
  return whole.value * scale;
}

/* e^x = 2^k e^r, |r| <= ln 2 / 2, series up to r^13. */
static inline double exp(double x) {
  if (x > 709.7) return __builtin_inf();
  if (x < -745) return 0;
  double k = rint(x * 1.4426950408889634);
  double r = x - k * 6.93147180369123816490e-01 - k * 1.90821492927058770002e-10, sum = 1;
  for (int n = 13; n > 0; n--) sum = 1 + sum * r / n;
  return sum * ac_power_of_two((int)k);
}

/* ln x = k ln 2 + 2 (s + s^3 / 3 + ...), s = (m - 1) / (m + 1), sqrt(1/2) <= m < sqrt 2, up to s^21. x <= 0 gives -infinity. */
static inline double log(double x) {
  if (!(x > 0)) return -__builtin_inf();
  int k = 0;
  if (x < 2.2250738585072014e-308) { x *= 18014398509481984.0; k = -54; }
  union { double value; unsigned long long bits; } parts = {x};
  k += (int)(parts.bits >> 52) - 1023;
  parts.bits = (parts.bits & 0xfffffffffffffULL) | 0x3ff0000000000000ULL;
  double m = parts.value;
  if (m > 1.4142135623730951) { m *= 0.5; k++; }
  double s = (m - 1) / (m + 1), square = s * s, sum = 0;
  for (int n = 21; n > 0; n -= 2) sum = sum * square + 1.0 / n;
  return k * 0.6931471805599453 + 2 * s * sum;
}

/* sin of x + quarter turns: r = x - n pi / 2, |r| <= pi / 4, series up to r^17. */
static inline double ac_sine(double x, int quarters) {
  double n = rint(x * 0.6366197723675814);
  double r = x - n * 1.57079632673412561417e+00 - n * 6.07710050650619224932e-11, square = r * r, sum = 1;
  quarters = ((int)n + quarters) & 3;
  if (quarters & 1) for (int i = 16; i > 0; i -= 2) sum = 1 - sum * square / (i * (i - 1));
  else for (int i = 17; i > 1; i -= 2) sum = 1 - sum * square / (i * (i - 1));
  if (!(quarters & 1)) sum *= r;
  return quarters & 2 ? -sum : sum;
}

static inline double sin(double x) { return ac_sine(x, 0); }
static inline double cos(double x) { return ac_sine(x, 1); }
static inline double tan(double x) { return ac_sine(x, 0) / ac_sine(x, 1); }

/* x^y for x >= 0; a negative x takes whole y only. */
static inline double pow(double x, double y) {
  if (y == 0) return 1;
  if (x == 0) return y > 0 ? 0 : __builtin_inf();
  if (x > 0) return exp(y * log(x));
  double value = exp(y * log(-x)), half = y * 0.5;
  return half == floor(half) ? value : -value;
}

static inline double log10(double x) { return log(x) * 0.4342944819032518; }
static inline double log2(double x) { return log(x) * 1.4426950408889634; }
static inline double exp2(double x) { return exp(x * 0.6931471805599453); }
static inline double tanh(double x) {
  if (fabs(x) > 20) return x < 0 ? -1 : 1;
  double e = exp(2 * x);
  return (e - 1) / (e + 1);
}
static inline double fmod(double x, double y) {
  double q = x / y;
  return x - (q < 0 ? ceil(q) : floor(q)) * y;
}

static inline float fabsf(float x) { return __builtin_fabsf(x); }
static inline float sqrtf(float x) { return __builtin_sqrtf(x); }
static inline float floorf(float x) { return __builtin_floorf(x); }
static inline float ceilf(float x) { return __builtin_ceilf(x); }
static inline float rintf(float x) { return __builtin_rintf(x); }
static inline float truncf(float x) { return __builtin_truncf(x); }
static inline float fminf(float a, float b) { return b < a ? b : a; }
static inline float fmaxf(float a, float b) { return b > a ? b : a; }
static inline float expf(float x) { return (float)exp(x); }
static inline float exp2f(float x) { return (float)exp2(x); }
static inline float logf(float x) { return (float)log(x); }
static inline float log2f(float x) { return (float)log2(x); }
static inline float log10f(float x) { return (float)log10(x); }
static inline float sinf(float x) { return (float)sin(x); }
static inline float cosf(float x) { return (float)cos(x); }
static inline float tanf(float x) { return (float)tan(x); }
static inline float tanhf(float x) { return (float)tanh(x); }
static inline float powf(float x, float y) { return (float)pow(x, y); }
static inline float fmodf(float x, float y) { return (float)fmod(x, y); }

#endif
