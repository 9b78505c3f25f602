/*
 * The compressor of plugins/compressor: feed-forward, peak, channels linked, without a knee. Level, static curve, one-pole smoothing
 * of the reduction with what its sum lost (Kahan), gain; logarithm and power are those of dsp/logarithm.as.ts.
 */
#include "kernel.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define THRESHOLD_DB -30.0
#define RATIO 4.0
#define ATTACK_SECONDS 0.01
#define RELEASE_SECONDS 0.1
#define LOG2_OF_DB 0.16609640474436813
#define MARGIN 1e-5

typedef struct {
  int channels;
  float start, per_exponent, per_s, per_s3, from;
  float attack, release, wet, dry;
  float reduction, lost;
} Compressor;

static double rate_of(double seconds) { return 1.0 - exp(-1.0 / (seconds * RATE)); }

void *kernel_create(int channels) {
  Compressor *self = calloc(1, sizeof *self);
  const double slope = 1.0 - 1.0 / RATIO;
  self->channels = channels;
  self->start = (float)pow(10.0, THRESHOLD_DB * 0.05);
  self->per_exponent = (float)(slope / 8388608.0);
  self->per_s = (float)(2.8852285696114968 * slope);
  self->per_s3 = (float)(0.9835345091036354 * slope);
  self->from = (float)((THRESHOLD_DB * LOG2_OF_DB + MARGIN) * slope);
  self->attack = (float)rate_of(ATTACK_SECONDS);
  self->release = (float)rate_of(RELEASE_SECONDS);
  self->wet = 1.0f;
  self->dry = 0.0f;
  return self;
}

/* unit log2(x) - from */
static inline float logarithm(const Compressor *self, float x) {
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  const int32_t exponent = (int32_t)((uint32_t)(bits - 0x3f3504f3) & 0xff800000u);
  const int32_t rest = bits - exponent;
  float m;
  memcpy(&m, &rest, sizeof m);
  const float s = (m - 1.0f) / (m + 1.0f);
  return ((float)exponent * self->per_exponent - self->from) + s * (self->per_s + self->per_s3 * (s * s));
}

/* 2^-x */
static inline float power(float x) {
  const float limited = x < 126.0f ? x : 126.0f;
  const float shifted = 12582912.0f - limited;
  const float y = limited + (shifted - 12582912.0f);
  float sum = 0.009582855315129982f * y - 0.055906430438484284f;
  sum = sum * y + 0.2402409860717852f;
  sum = sum * y - 0.6931241927487349f;
  sum = sum * y + 1.0f;
  uint32_t bits, steps;
  memcpy(&bits, &sum, sizeof bits);
  memcpy(&steps, &shifted, sizeof steps);
  bits += steps << 23;
  memcpy(&sum, &bits, sizeof sum);
  return sum;
}

void kernel_process(void *kernel, const float *const *in, float *const *out, int frames) {
  Compressor *self = kernel;
  float row[MAX_FRAMES];
  for (int i = 0; i < frames; i++) row[i] = fabsf(in[0][i]);
  for (int c = 1; c < self->channels; c++)
    for (int i = 0; i < frames; i++) {
      const float level = fabsf(in[c][i]);
      row[i] = row[i] < level ? level : row[i];
    }
  const Compressor values = *self;
  for (int i = 0; i < frames; i++) {
    const float wanted = logarithm(&values, values.start < row[i] ? row[i] : values.start);
    row[i] = 0.0f < wanted ? wanted : 0.0f;
  }
  float reduction = self->reduction, lost = self->lost;
  for (int i = 0; i < frames; i++) {
    const float way = row[i] - reduction;
    const float rise = values.attack * way, fall = values.release * way;
    const float step = lost + (rise < fall ? fall : rise);
    const float next = reduction + step;
    lost = step - (next - reduction);
    reduction = next;
    row[i] = reduction;
  }
  self->reduction = reduction;
  self->lost = lost;
  for (int i = 0; i < frames; i++) row[i] = power(row[i]) * values.wet + values.dry;
  for (int c = 0; c < self->channels; c++)
    for (int i = 0; i < frames; i++) out[c][i] = in[c][i] * row[i];
}
