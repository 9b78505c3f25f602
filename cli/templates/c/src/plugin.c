/*
 * y += a (x - y), a = 1 - exp(-2 pi frequency / rate), and a level behind it: the state y of each channel is all there is.
 * Parameters: 0 frequency, Hz, 20 to 20000; 1 level, dB, -60 to 12. Both glide within 20 ms.
 */
#include "audiocloud.h"
#include "math.h"

enum { FREQUENCY, LEVEL, PARAMETERS, MAX_CHANNELS = 32, STATE_VERSION = 1 };

static const double MINIMUM[PARAMETERS] = {20, -60}, MAXIMUM[PARAMETERS] = {20000, 12};
#define GLIDE_SECONDS 0.02 /* shorter is heard as a click, longer as lag */
#define HIGHEST 0.497      /* of the sample rate */
#define QUIET 1e-18f       /* below, a state is taken for zero: smaller numbers are slow */
#define LOUD 1e15f         /* above, and when it is no number, it begins anew: else one bad sample would be there for ever */
#define TAIL_SECONDS 0.34  /* from full scale to QUIET at 20 Hz: ln(1e18) / (2 pi 20) */

typedef struct { u32 version, unused; double values[PARAMETERS]; } State;
typedef struct { double now, to, step; u32 left; } Glide;

/* An instance: the layout of the ABI, then what is ours. Everything that process needs lives here, never in a static. */
typedef struct {
  ACLayout layout;
  u32 inputWidth, outputWidth; /* one port each */
  double sampleRate;
  double values[PARAMETERS];
  Glide share, gain;
  float states[MAX_CHANNELS];
  State saved;
} Plugin;

static double shareOf(Plugin *p) {
  double perFrame = p->values[FREQUENCY] / p->sampleRate;
  return 1 - exp(-2 * AC_PI * (perFrame < HIGHEST ? perFrame : HIGHEST));
}
static double gainOf(Plugin *p) { return pow(10, p->values[LEVEL] / 20); }

static void aim(Glide *glide, double to, u32 frames) {
  if (!frames) glide->now = to;
  glide->to = to;
  glide->left = frames;
  glide->step = frames ? (to - glide->now) / frames : 0;
}

static double next(Glide *glide) {
  if (glide->left && --glide->left == 0) glide->now = glide->to;
  else if (glide->left) glide->now += glide->step;
  return glide->now;
}

static void set(Plugin *p, u32 id, double value) {
  if (id < PARAMETERS) p->values[id] = ac_clamp(value, MINIMUM[id], MAXIMUM[id]);
}

EXPORT(ac_create) int ac_create(int model, i64 seed) {
  (void)seed; /* nothing here is random */
  Plugin *p = model == 0 ? ac_zeroed(sizeof(Plugin)) : 0;
  if (!p) return -1;
  ac_begin(&p->layout, (u32)model, 1, &p->inputWidth, 1, &p->outputWidth, &p->saved, sizeof(State));
  p->inputWidth = p->outputWidth = 2;
  p->values[FREQUENCY] = 20000;
  return (int)p;
}

EXPORT(ac_parameter) int ac_parameter(Plugin *p, u32 id, int index, double value) {
  if (id >= PARAMETERS || (index != 0 && index != -1)) return -1;
  set(p, id, value);
  return 0;
}

EXPORT(ac_reset) void ac_reset(Plugin *p) {
  aim(&p->share, shareOf(p), 0);
  aim(&p->gain, gainOf(p), 0);
  for (u32 c = 0; c < MAX_CHANNELS; c++) p->states[c] = 0;
}

EXPORT(ac_activate) int ac_activate(Plugin *p, double sampleRate, u32 maxFrames) {
  if (p->inputWidth < 1 || p->inputWidth > MAX_CHANNELS || p->outputWidth != p->inputWidth) return -1;
  if (ac_open(&p->layout, maxFrames) < 0) return -2;
  p->sampleRate = sampleRate;
  ac_reset(p);
  return 0;
}

EXPORT(ac_deactivate) void ac_deactivate(Plugin *p) { ac_close(&p->layout); }
EXPORT(ac_destroy) void ac_destroy(Plugin *p) { ac_free(p); }
EXPORT(ac_latency) int ac_latency(Plugin *p) { (void)p; return 0; }
EXPORT(ac_tail) int ac_tail(Plugin *p) { return (int)ceil(TAIL_SECONDS * p->sampleRate); }

static void render(Plugin *p, u32 from, u32 to) {
  for (u32 i = from; i < to; i++) {
    float a = (float)next(&p->share), gain = (float)next(&p->gain);
    for (u32 c = 0; c < p->inputWidth; c++) {
      float y = p->states[c] + a * (p->layout.inputs[c][i] - p->states[c]);
      p->states[c] = y;
      p->layout.outputs[c][i] = y * gain;
    }
  }
}

EXPORT(ac_process) int ac_process(Plugin *p, u32 frames) {
  u32 from = 0, glideFrames = (u32)(GLIDE_SECONDS * p->sampleRate);
  for (u32 n = 0, at = 0; n < p->layout.eventCount; n++) {
    ACEvent *event = ac_event(&p->layout, &at);
    if (!ac_is_value(event)) continue;
    u32 frame = event->frame < frames ? event->frame : frames;
    render(p, from, frame);
    from = frame;
    set(p, event->id, event->value);
    u32 within = ac_glide_frames(event, glideFrames);
    if (event->id == FREQUENCY) aim(&p->share, shareOf(p), within);
    if (event->id == LEVEL) aim(&p->gain, gainOf(p), within);
  }
  p->layout.eventCount = 0;
  render(p, from, frames);
  u32 sounding = 0;
  for (u32 c = 0; c < p->inputWidth; c++) {
    float size = fabsf(p->states[c]);
    if (!(size >= QUIET && size < LOUD)) p->states[c] = 0;
    sounding |= p->states[c] != 0;
  }
  p->layout.silentOut = 0;
  int isStill = !p->share.left && !p->gain.left;
  return ac_inputs_silent(&p->layout, p->inputWidth) && !sounding && isStill ? AC_SLEEP : AC_CONTINUE;
}

EXPORT(ac_process_many) void ac_process_many(Plugin **list, u32 count, u32 frames) {
  for (u32 i = 0; i < count; i++) list[i]->layout.status = (u32)ac_process(list[i], frames);
}

EXPORT(ac_state_save) int ac_state_save(Plugin *p) {
  p->saved = (State){STATE_VERSION, 0, {p->values[FREQUENCY], p->values[LEVEL]}};
  return sizeof(State);
}

EXPORT(ac_state_load) int ac_state_load(Plugin *p, u32 bytes) {
  if (bytes != sizeof(State) || p->saved.version != STATE_VERSION) return -1;
  for (u32 id = 0; id < PARAMETERS; id++) set(p, id, p->saved.values[id]);
  return 0;
}
