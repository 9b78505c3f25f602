/*
 * The plugin ABI around a Faust program: `faust -lang c -cn Program` makes program.c, this file is the plugin. For another
 * program change NAMES, the ranges, CHANNELS and TAIL_SECONDS, and the model in audiocloud.json.
 *
 * Values are smoothed by the program itself. Everything the program has lives in its structure; it has no tables that are
 * written while it renders.
 */
#include "audiocloud.h"

#define FAUSTFLOAT float
typedef void (*AddSlider)(void *, const char *, FAUSTFLOAT *, FAUSTFLOAT, FAUSTFLOAT, FAUSTFLOAT, FAUSTFLOAT);
typedef void (*AddBar)(void *, const char *, FAUSTFLOAT *, FAUSTFLOAT, FAUSTFLOAT);
typedef void (*AddButton)(void *, const char *, FAUSTFLOAT *);
typedef void (*Box)(void *, const char *);
/* What Faust's C calls while it builds a user interface, and to tell its metadata. */
typedef struct {
  void *uiInterface;
  Box openTabBox, openHorizontalBox, openVerticalBox;
  void (*closeBox)(void *);
  AddButton addButton, addCheckButton;
  AddSlider addVerticalSlider, addHorizontalSlider, addNumEntry;
  AddBar addHorizontalBargraph, addVerticalBargraph;
  void (*declare)(void *, FAUSTFLOAT *, const char *, const char *);
} UIGlue;
typedef struct { void *metaInterface; void (*declare)(void *, const char *, const char *); } MetaGlue;

#include "program.c"

/* Parameters in the order of the model, by the labels that they have in the program. */
enum { FREQUENCY, Q, LEVEL, PARAMETERS, CHANNELS = 2, STATE_VERSION = 1 };
static const char *const NAMES[PARAMETERS] = {"frequency", "q", "level"};
static const double MINIMUM[PARAMETERS] = {20, 0.5, -60}, MAXIMUM[PARAMETERS] = {20000, 20, 12};
static const double DEFAULT[PARAMETERS] = {20000, 0.707, 0};
#define TAIL_SECONDS 4.5 /* to -120 dB at 20 Hz with a q of 20: ln(1e6) 2 q / (2 pi 20) */

typedef struct { u32 version, unused; double values[PARAMETERS]; } State;

typedef struct {
  ACLayout layout;
  u32 inputWidth, outputWidth;
  double sampleRate;
  double values[PARAMETERS];
  State saved;
  FAUSTFLOAT *zones[PARAMETERS]; /* inside the program */
  Program program;
} Plugin;

static int isSame(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

static void addZone(Plugin *p, const char *label, FAUSTFLOAT *zone) {
  for (u32 id = 0; id < PARAMETERS; id++)
    if (isSame(label, NAMES[id])) p->zones[id] = zone;
}

static void onBox(void *p, const char *label) { (void)p, (void)label; }
static void onClose(void *p) { (void)p; }
static void onButton(void *p, const char *label, FAUSTFLOAT *zone) { addZone(p, label, zone); }
static void onSlider(void *p, const char *label, FAUSTFLOAT *zone, FAUSTFLOAT init, FAUSTFLOAT low, FAUSTFLOAT high, FAUSTFLOAT step) {
  (void)init, (void)low, (void)high, (void)step;
  addZone(p, label, zone);
}
static void onBar(void *p, const char *label, FAUSTFLOAT *zone, FAUSTFLOAT low, FAUSTFLOAT high) {
  (void)p, (void)label, (void)zone, (void)low, (void)high;
}
static void onDeclare(void *p, FAUSTFLOAT *zone, const char *key, const char *value) { (void)p, (void)zone, (void)key, (void)value; }

static void set(Plugin *p, u32 id, double value) {
  if (id >= PARAMETERS) return;
  p->values[id] = ac_clamp(value, MINIMUM[id], MAXIMUM[id]);
  *p->zones[id] = (FAUSTFLOAT)p->values[id];
}

EXPORT(ac_create) int ac_create(int model, i64 seed) {
  (void)seed; /* nothing here is random */
  Plugin *p = model == 0 ? ac_zeroed(sizeof(Plugin)) : 0;
  if (!p) return -1;
  ac_begin(&p->layout, (u32)model, 1, &p->inputWidth, 1, &p->outputWidth, &p->saved, sizeof(State));
  p->inputWidth = p->outputWidth = CHANNELS;
  UIGlue glue = {p, onBox, onBox, onBox, onClose, onButton, onButton, onSlider, onSlider, onSlider, onBar, onBar, onDeclare};
  buildUserInterfaceProgram(&p->program, &glue);
  for (u32 id = 0; id < PARAMETERS; id++)
    if (!p->zones[id]) return -2; /* the program has no such label */
  for (u32 id = 0; id < PARAMETERS; id++) set(p, id, DEFAULT[id]);
  return (int)p;
}

EXPORT(ac_parameter) int ac_parameter(Plugin *p, u32 id, int index, double value) {
  if (id >= PARAMETERS || (index != 0 && index != -1)) return -1;
  set(p, id, value);
  return 0;
}

EXPORT(ac_reset) void ac_reset(Plugin *p) { instanceClearProgram(&p->program); }

EXPORT(ac_activate) int ac_activate(Plugin *p, double sampleRate, u32 maxFrames) {
  if (p->inputWidth != CHANNELS || p->outputWidth != CHANNELS) return -1;
  if (ac_open(&p->layout, maxFrames) < 0) return -2;
  p->sampleRate = sampleRate;
  classInitProgram((int)sampleRate); /* static tables, if the program has any */
  instanceConstantsProgram(&p->program, (int)sampleRate);
  ac_reset(p);
  return 0;
}

EXPORT(ac_deactivate) void ac_deactivate(Plugin *p) { ac_close(&p->layout); }
EXPORT(ac_destroy) void ac_destroy(Plugin *p) { ac_free(p); }
EXPORT(ac_latency) int ac_latency(Plugin *p) { (void)p; return 0; }
EXPORT(ac_tail) int ac_tail(Plugin *p) { return (int)(TAIL_SECONDS * p->sampleRate); }

static void render(Plugin *p, u32 from, u32 to) {
  FAUSTFLOAT *in[CHANNELS], *out[CHANNELS];
  if (from >= to) return;
  for (u32 c = 0; c < CHANNELS; c++) {
    in[c] = p->layout.inputs[c] + from;
    out[c] = p->layout.outputs[c] + from;
  }
  computeProgram(&p->program, (int)(to - from), in, out);
}

EXPORT(ac_process) int ac_process(Plugin *p, u32 frames) {
  u32 from = 0;
  for (u32 n = 0, at = 0; n < p->layout.eventCount; n++) {
    ACEvent *event = ac_event(&p->layout, &at);
    if (!ac_is_value(event)) continue;
    u32 frame = event->frame < frames ? event->frame : frames;
    render(p, from, frame);
    from = frame;
    set(p, event->id, event->value);
  }
  p->layout.eventCount = 0;
  render(p, from, frames);
  p->layout.silentOut = 0;
  return AC_CONTINUE; /* never sleeps: nobody here knows when the program is quiet */
}

EXPORT(ac_process_many) void ac_process_many(Plugin **list, u32 count, u32 frames) {
  for (u32 i = 0; i < count; i++) list[i]->layout.status = (u32)ac_process(list[i], frames);
}

EXPORT(ac_state_save) int ac_state_save(Plugin *p) {
  p->saved.version = STATE_VERSION;
  p->saved.unused = 0;
  for (u32 id = 0; id < PARAMETERS; id++) p->saved.values[id] = p->values[id];
  return sizeof(State);
}

EXPORT(ac_state_load) int ac_state_load(Plugin *p, u32 bytes) {
  if (bytes != sizeof(State) || p->saved.version != STATE_VERSION) return -1;
  for (u32 id = 0; id < PARAMETERS; id++) set(p, id, p->saved.values[id]);
  return 0;
}
