/*
 * The filter bank of plugins/equalizer: a low cut, a low shelf, a bell and a high shelf in series, each a state-variable filter
 * that stands still and takes its frames in pairs (dsp/svf.as.ts has the formulas and their source). An even number of frames.
 */
#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECTIONS 4
#define MAX_CHANNELS 2

typedef struct {
  float p11, p12, p21, p22, f1, f2, b1, b2, c1, c2, d, g1, g2, h;
} Svf;

typedef struct {
  float x1, x2;
} State;

typedef struct {
  int channels;
  Svf filters[SECTIONS];
  State states[MAX_CHANNELS][SECTIONS];
} Equalizer;

static void settle(Svf *f, double g, double k, double m0, double m1, double m2) {
  const double a1 = 1.0 / (1.0 + g * (g + k)), a2 = g * a1, a3 = g * a2;
  const double n1 = 2.0 * a1 - 2.0, b1 = 2.0 * a2, b2 = 2.0 * a3;
  const double c1 = m1 * a1 + m2 * a2, c2 = m2 * (1.0 - a3) - m1 * a2;
  f->p11 = (float)(n1 * (2.0 + n1) - b1 * b1);
  f->p12 = (float)(-b1 * (2.0 + n1 - b2));
  f->p21 = (float)(b1 * (2.0 + n1 - b2));
  f->p22 = (float)(-b2 * (2.0 - b2) - b1 * b1);
  f->f1 = (float)(b1 + n1 * b1 - b1 * b2);
  f->f2 = (float)(b2 + b1 * b1 - b2 * b2);
  f->b1 = (float)b1;
  f->b2 = (float)b2;
  f->c1 = (float)c1;
  f->c2 = (float)c2;
  f->d = (float)(m0 + m1 * a2 + m2 * a3);
  f->g1 = (float)(c1 * (1.0 + n1) + c2 * b1);
  f->g2 = (float)(c2 * (1.0 - b2) - c1 * b1);
  f->h = (float)(c1 * b1 + c2 * b2);
}

static double warped(double hertz) { return tan(M_PI * hertz / RATE); }

void *kernel_create(int channels) {
  Equalizer *self = calloc(1, sizeof *self);
  self->channels = channels;
  const double k = M_SQRT2; /* Q = 0.7071 */
  settle(&self->filters[0], warped(80), k, 1, -k, -1);
  const double low = pow(10.0, 3.0 / 40.0);
  settle(&self->filters[1], warped(200) / sqrt(low), k, 1, k * (low - 1.0), low * low - 1.0);
  const double bell = pow(10.0, -3.0 / 40.0);
  settle(&self->filters[2], warped(1000), k / bell, 1, k / bell * (bell * bell - 1.0), 0);
  const double high = pow(10.0, 3.0 / 40.0);
  settle(&self->filters[3], warped(8000) * sqrt(high), k, high * high, k * (1.0 - high) * high, 1.0 - high * high);
  return self;
}

static void filter(const Svf *f, State *state, float *data, int frames) {
  float x1 = state->x1, x2 = state->x2;
  for (int i = 0; i < frames; i += 2) {
    const float v0 = data[i], v1 = data[i + 1];
    data[i] = f->d * v0 + (f->c1 * x1 + f->c2 * x2);
    data[i + 1] = f->h * v0 + f->d * v1 + (f->g1 * x1 + f->g2 * x2);
    const float in1 = f->f1 * v0 + f->b1 * v1;
    const float in2 = f->f2 * v0 + f->b2 * v1;
    const float next = x1 + (in1 + (f->p11 * x1 + f->p12 * x2));
    x2 = x2 + (in2 + (f->p21 * x1 + f->p22 * x2));
    x1 = next;
  }
  state->x1 = x1;
  state->x2 = x2;
}

void kernel_process(void *kernel, const float *const *in, float *const *out, int frames) {
  Equalizer *self = kernel;
  for (int c = 0; c < self->channels; c++) {
    memcpy(out[c], in[c], (size_t)frames * sizeof(float));
    for (int s = 0; s < SECTIONS; s++) {
      const Svf f = self->filters[s]; /* a copy: data cannot alias it, so coefficients stay in registers */
      filter(&f, &self->states[c][s], out[c], frames);
    }
  }
}
