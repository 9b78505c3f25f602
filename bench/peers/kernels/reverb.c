/*
 * The reverberator of plugins/reverb: pre-delay, four diffusing all-passes a channel, a feedback delay network of 16 lines with
 * shelves and a Hadamard matrix, for stereo. Formulas and their sources: kernel.as.ts, diffuser.as.ts, absorption.as.ts there,
 * dsp/hadamard.as.ts, dsp/delay-ring.as.ts.
 */
#include "kernel.h"

#include <math.h>
#include <stdlib.h>

#define LINES 16
#define STAGES 4
#define PRE_FRAMES 16384

typedef struct {
  float *ring;
  int length, position;
} Line;

typedef struct {
  float *ring;
  int length, position;
  float gain;
} AllPass;

typedef struct {
  float lb0[LINES], lb1[LINES], la1[LINES], hb0[LINES], hb1[LINES], ha1[LINES], low[LINES], high[LINES];
} Absorption;

typedef struct {
  Line lines[LINES];
  Absorption absorption;
  AllPass diffusers[2][STAGES];
  float pre[2][PRE_FRAMES];
  unsigned position;
  double pre_frames;
  float wet, dry, width;
} Reverb;

static int is_prime(int n) {
  for (int d = 2; d * d <= n; d++)
    if (n % d == 0) return 0;
  return 1;
}

static double loss(double frames, double decay) { return pow(10.0, -3.0 * frames / decay); }

static void absorb(Absorption *a, int i, double frames, double middle, double low, double high) {
  const double gain = loss(frames, middle);
  const double l = sqrt(loss(frames, low) / gain), wl = tan(M_PI * 250.0 / RATE), low_scale = 1.0 / (1.0 + wl / l);
  a->lb0[i] = (float)(gain * (1.0 + wl * l) * low_scale);
  a->lb1[i] = (float)(gain * (wl * l - 1.0) * low_scale);
  a->la1[i] = (float)((wl / l - 1.0) * low_scale);
  const double h = sqrt(loss(frames, high) / gain), wh = tan(M_PI * 4000.0 / RATE), high_scale = 1.0 / (1.0 + wh * h);
  a->hb0[i] = (float)((h * h + wh * h) * high_scale);
  a->hb1[i] = (float)((wh * h - h * h) * high_scale);
  a->ha1[i] = (float)((wh * h - 1.0) * high_scale);
}

void *kernel_create(int channels) {
  static const double lengths[STAGES] = {142, 107, 379, 277};
  static const float gains[STAGES] = {0.75f, 0.75f, 0.625f, 0.625f};
  if (channels != 2) abort();
  Reverb *self = calloc(1, sizeof *self);
  const double decay = 2.0 * RATE;
  double sum = 0;
  for (int i = 0; i < LINES; i++) {
    int frames = (int)round(0.021 * pow(0.079 / 0.021, i / (LINES - 1.0)) * RATE);
    while (!is_prime(frames)) frames++;
    self->lines[i] = (Line){calloc((size_t)frames, sizeof(float)), frames, 0};
    absorb(&self->absorption, i, frames, decay, decay, 0.5 * decay);
    sum += frames;
  }
  for (int c = 0; c < 2; c++)
    for (int s = 0; s < STAGES; s++) {
      const int frames = (int)round(lengths[s] * (c ? 1.07 : 1.0) * RATE / 29761.0);
      self->diffusers[c][s] = (AllPass){calloc((size_t)frames, sizeof(float)), frames, 0, gains[s]};
    }
  const double mean = loss(sum / LINES, decay);
  self->pre_frames = round(0.01 * RATE);
  self->wet = (float)(0.3 * sqrt(1.0 - mean * mean));
  self->dry = (float)(1.0 - 0.3);
  self->width = 1.0f;
  return self;
}

static inline float clean(float x) {
  const float size = fabsf(x);
  return size >= 1e-18f && size < 1e6f ? x : 0.0f;
}

/* The cubic through four frames of a ring whose newest is at `position`. */
static inline float cubic(const float *ring, unsigned position, double frames) {
  const unsigned n = (unsigned)frames, at = position - n, mask = PRE_FRAMES - 1;
  const float d = (float)(frames - n), m1 = d - 1.0f, m2 = d - 2.0f, p1 = d + 1.0f;
  const float a = ring[(at + 1) & mask] * (-d * m1 * m2 * (float)(1.0 / 6.0));
  const float b = ring[at & mask] * (p1 * m1 * m2 * 0.5f);
  const float c = ring[(at - 1) & mask] * (-p1 * d * m2 * 0.5f);
  return a + b + (c + ring[(at - 2) & mask] * (p1 * d * m1 * (float)(1.0 / 6.0)));
}

static inline float diffused(AllPass *stages, float x) {
  for (int s = 0; s < STAGES; s++) {
    AllPass *stage = &stages[s];
    const float late = stage->ring[stage->position];
    const float into = x + stage->gain * late;
    stage->ring[stage->position] = fabsf(into) >= 1e-18f ? into : 0.0f;
    stage->position = stage->position + 1 == stage->length ? 0 : stage->position + 1;
    x = late - stage->gain * into;
  }
  return x;
}

static inline void hadamard(float *x) {
  for (int g = 0; g < LINES; g += 4) {
    const float a = x[g] + x[g + 1], b = x[g] - x[g + 1], c = x[g + 2] + x[g + 3], d = x[g + 2] - x[g + 3];
    x[g] = a + c;
    x[g + 1] = b + d;
    x[g + 2] = a - c;
    x[g + 3] = b - d;
  }
  for (int i = 0; i < 4; i++) {
    const float ab = x[i] + x[i + 4], ba = x[i] - x[i + 4], cd = x[i + 8] + x[i + 12], dc = x[i + 8] - x[i + 12];
    x[i] = (ab + cd) * 0.25f;
    x[i + 4] = (ba + dc) * 0.25f;
    x[i + 8] = (ab - cd) * 0.25f;
    x[i + 12] = (ba - dc) * 0.25f;
  }
}

/* Frames in which no line wraps. */
static void run(Reverb *self, const float *inA, const float *inB, float *outA, float *outB, int frames) {
  Absorption *absorption = &self->absorption;
  for (int n = 0; n < frames; n++) {
    self->pre[0][self->position & (PRE_FRAMES - 1)] = clean(inA[n]);
    self->pre[1][self->position & (PRE_FRAMES - 1)] = clean(inB[n]);
    const float a = diffused(self->diffusers[0], cubic(self->pre[0], self->position, self->pre_frames)) * 0.25f;
    const float b = diffused(self->diffusers[1], cubic(self->pre[1], self->position, self->pre_frames)) * 0.25f;
    self->position++;
    float old[LINES], row[LINES];
    for (int i = 0; i < LINES; i++) old[i] = self->lines[i].ring[self->lines[i].position + n];
    for (int i = 0; i < LINES; i++) {
      const float y = absorption->lb0[i] * old[i] + absorption->low[i];
      absorption->low[i] = absorption->lb1[i] * old[i] - absorption->la1[i] * y;
      const float z = absorption->hb0[i] * y + absorption->high[i];
      absorption->high[i] = absorption->hb1[i] * y - absorption->ha1[i] * z;
      row[i] = z;
    }
    hadamard(row);
    for (int i = 0; i < LINES; i++)
      self->lines[i].ring[self->lines[i].position + n] = clean(row[i] + (i & 1 ? b : a));
    float first[4], second[4];
    for (int i = 0; i < 4; i++) {
      first[i] = old[i] + old[i + 4] - (old[i + 8] + old[i + 12]);
      second[i] = old[i] + old[i + 8] - (old[i + 4] + old[i + 12]);
    }
    const float wetA = first[0] - first[1] + (first[2] - first[3]);
    const float wetB = second[0] + second[1] - (second[2] + second[3]);
    const float middle = 0.5f * (wetA + wetB), side = 0.5f * self->width * (wetA - wetB);
    outA[n] = self->dry * inA[n] + self->wet * (middle + side);
    outB[n] = self->dry * inB[n] + self->wet * (middle - side);
  }
}

void kernel_process(void *kernel, const float *const *in, float *const *out, int frames) {
  Reverb *self = kernel;
  for (int at = 0; at < frames;) {
    int part = frames - at;
    for (int i = 0; i < LINES; i++) {
      const int left = self->lines[i].length - self->lines[i].position;
      if (left < part) part = left;
    }
    run(self, in[0] + at, in[1] + at, out[0] + at, out[1] + at, part);
    for (int i = 0; i < LINES; i++) {
      Line *line = &self->lines[i];
      line->position = line->position + part == line->length ? 0 : line->position + part;
    }
    at += part;
  }
}
