/*
 * The saturation of plugins/saturation: tanh at four times the sample rate. Half-band filters up and down are those of
 * dsp/half-band.as.ts, dsp/oversampler.as.ts, the curve that of dsp/tanh.as.ts.
 */
#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CHANNELS 2
#define DRIVE_DB 18.0
#define TAPS_0 32
#define TAPS_1 8
#define UP_0 76
#define UP_1 16
#define DOWN_0 128
#define DOWN_1 32
#define LATENCY 71

typedef struct {
  float up0[UP_0 + MAX_FRAMES], up1[UP_1 + 2 * MAX_FRAMES];
  float down0[DOWN_0 + 2 * MAX_FRAMES], down1[DOWN_1 + 4 * MAX_FRAMES];
} Rows; /* of each what it keeps from before, then its new values */

typedef struct {
  int channels;
  float drive, bias, wet, dry;
  float taps0[TAPS_0], taps1[TAPS_1];
  Rows rows[MAX_CHANNELS];
} Saturation;

static double bessel(double x) {
  double sum = 1, term = 1;
  for (int k = 1; k < 60; k++) {
    const double half = x / (2.0 * k);
    term *= half * half;
    sum += term;
  }
  return sum;
}

static double tap(int i, int count) {
  const double d = 2 * i + 1, x = M_PI * 0.5 * d, place = d / (2.0 * count);
  return sin(x) / x * bessel(0.1102 * (100.0 - 8.7) * sqrt(1.0 - place * place));
}

static void half_band_taps(float *taps, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += tap(i, count);
  for (int i = 0; i < count; i++) taps[i] = (float)(0.5 * tap(i, count) / sum);
}

void *kernel_create(int channels) {
  Saturation *self = calloc(1, sizeof *self);
  self->channels = channels;
  self->drive = (float)pow(10.0, DRIVE_DB * 0.05);
  self->bias = 0.0f;
  self->wet = 1.0f;
  self->dry = 0.0f;
  half_band_taps(self->taps0, TAPS_0);
  half_band_taps(self->taps1, TAPS_1);
  return self;
}

/* Sum of taps[i] (before[-i] + after[i]), in two sums. */
static inline float pairs(const float *before, const float *after, int step, const float *taps, int count) {
  float even = 0.0f, odd = 0.0f;
  for (int i = 0; i < count; i += 2) {
    even += taps[i] * (before[-i * step] + after[i * step]);
    odd += taps[i + 1] * (before[-(i + 1) * step] + after[(i + 1) * step]);
  }
  return even + odd;
}

static void half_band_up(const float *input, int frames, float *output, const float *taps, int count) {
  for (int n = 0; n < frames; n++) {
    const float *late = input + n - count;
    output[2 * n] = *late;
    output[2 * n + 1] = pairs(late, late + 1, 1, taps, count);
  }
}

static void half_band_down(const float *input, int frames, float *output, const float *taps, int count) {
  for (int n = 0; n < frames; n++) {
    const float *middle = input + 2 * n - 2 * (count - 1);
    output[n] = 0.5f * (*middle + pairs(middle - 1, middle + 1, 2, taps, count));
  }
}

static inline float clean(float x) {
  const float size = fabsf(x);
  return size >= 1e-18f && size < 1e6f ? x : 0.0f;
}

static inline float held(float x, float most) {
  const float low = most < x ? most : x;
  return low < -most ? -most : low;
}

static inline float soft(float value) {
  const float x = held(value, 4.97f), y = x * x;
  const float over = 135135.0f + y * (17325.0f + y * (378.0f + y));
  const float under = 62370.0f + y * (3150.0f + y * 28.0f);
  return held(x * over / (135135.0f + y * under), 1.0f);
}

static void keep(float *row, int kept, int values) { memmove(row, row + values, (size_t)kept * sizeof(float)); }

void kernel_process(void *kernel, const float *const *in, float *const *out, int frames) {
  Saturation *self = kernel;
  const float drive = self->drive, bias = self->bias, rest = soft(bias), wet = self->wet, dry = self->dry;
  for (int c = 0; c < self->channels; c++) {
    Rows *rows = &self->rows[c];
    float *up0 = rows->up0 + UP_0, *up1 = rows->up1 + UP_1, *down0 = rows->down0 + DOWN_0, *top = rows->down1 + DOWN_1;
    for (int i = 0; i < frames; i++) up0[i] = clean(in[c][i]);
    half_band_up(up0, frames, up1, self->taps0, TAPS_0);
    half_band_up(up1, 2 * frames, top, self->taps1, TAPS_1);
    for (int i = 0; i < 4 * frames; i++) top[i] = soft(drive * top[i] + bias) - rest;
    half_band_down(top - 2, 2 * frames, down0, self->taps1, TAPS_1);
    half_band_down(down0, frames, out[c], self->taps0, TAPS_0);
    for (int i = 0; i < frames; i++) out[c][i] = dry * up0[i - LATENCY] + wet * out[c][i];
    keep(rows->up0, UP_0, frames);
    keep(rows->up1, UP_1, 2 * frames);
    keep(rows->down0, DOWN_0, 2 * frames);
    keep(rows->down1, DOWN_1, 4 * frames);
  }
}
