/*
 * Sixteen voices of a sine: sin(2 pi f t), f = 440 * 2^((key - 69 + 2 bend) / 12), times velocity / 127, an envelope of straight
 * lines, and a level. t counts from the note. What is in the slot `attack` is added to the sine from its first frame on.
 * Parameters: 0 attack, ms; 1 release, ms: both taken when a note begins or is let go; 2 level, dB: glides 20 ms.
 */
#include "audiocloud.h"
#include "math.h"

enum { ATTACK, RELEASE, LEVEL, PARAMETERS, VOICES = 16, STATE_VERSION = 1, ALL_KEYS = 128 };

static const double MINIMUM[PARAMETERS] = {0.1, 1, -60}, MAXIMUM[PARAMETERS] = {1000, 5000, 6}, INITIAL[PARAMETERS] = {5, 100, -12};
#define GLIDE_SECONDS 0.02      /* of the level: shorter is heard as a click, longer as lag */
#define SOUND_OFF_SECONDS 0.005 /* at once, without a click */
#define BEND_SEMITONES 2.0

typedef struct { u32 version, unused; double values[PARAMETERS]; } State;

/* size: of the envelope, 0 to 1; step: what it gains in a frame; a voice of size 0 is free. age: frames since the note began. */
typedef struct { u32 key, channel, age; double phase, size, step, gain; } Voice;

typedef struct {
  ACLayout layout;
  u32 outputWidth, glideLeft;
  double sampleRate, gain, gainStep;
  double values[PARAMETERS];
  double bend[16]; /* by channel, as a factor of the frequency */
  ACMedia attack;
  Voice voices[VOICES];
  State saved;
} Plugin;

static double gainOf(const Plugin *p) { return pow(10, p->values[LEVEL] / 20); }

static void set(Plugin *p, u32 id, double value) {
  if (id < PARAMETERS) p->values[id] = ac_clamp(value, MINIMUM[id], MAXIMUM[id]);
}

EXPORT(ac_create) int ac_create(int model, i64 seed) {
  (void)seed; /* nothing here is random */
  Plugin *p = model == 0 ? ac_zeroed(sizeof(Plugin)) : 0;
  if (!p) return -1;
  ac_begin(&p->layout, (u32)model, 0, 0, 1, &p->outputWidth, &p->saved, sizeof(State));
  p->outputWidth = 2;
  for (u32 id = 0; id < PARAMETERS; id++) p->values[id] = INITIAL[id];
  return (int)p;
}

EXPORT(ac_parameter) int ac_parameter(Plugin *p, u32 id, int index, double value) {
  if (id >= PARAMETERS || (index != 0 && index != -1)) return -1;
  set(p, id, value);
  return 0;
}

EXPORT(ac_media) int ac_media(Plugin *p, u32 slot, const float *samples, u32 frames, u32 channels, double sampleRate) {
  return ac_take_media(&p->attack, 1, slot, samples, frames, channels, sampleRate);
}

static void silence(Plugin *p) { __builtin_memset(p->voices, 0, sizeof p->voices); }

EXPORT(ac_reset) void ac_reset(Plugin *p) {
  silence(p);
  for (u32 c = 0; c < 16; c++) p->bend[c] = 1;
  p->gain = gainOf(p);
  p->glideLeft = 0;
}

EXPORT(ac_activate) int ac_activate(Plugin *p, double sampleRate, u32 maxFrames) {
  if (p->outputWidth < 1 || p->outputWidth > 2) return -1;
  if (ac_open(&p->layout, maxFrames) < 0) return -2;
  p->sampleRate = sampleRate;
  ac_reset(p);
  return 0;
}

EXPORT(ac_deactivate) void ac_deactivate(Plugin *p) { ac_close(&p->layout); }
EXPORT(ac_destroy) void ac_destroy(Plugin *p) { ac_free(p); }
EXPORT(ac_latency) int ac_latency(Plugin *p) { (void)p; return 0; }
/* From the note off: the release that is longest, whatever it is set to later. */
EXPORT(ac_tail) int ac_tail(Plugin *p) { return (int)ceil(MAXIMUM[RELEASE] / 1000 * p->sampleRate) + 1; }

static double stepFor(const Plugin *p, double seconds) { return 1 / fmax(1, seconds * p->sampleRate); }

/* The voice for a new note: the same key again, else a free one, else the softest, which is cut off. */
static Voice *voiceFor(Plugin *p, u32 channel, u32 key) {
  Voice *found = &p->voices[0];
  for (u32 v = 0; v < VOICES; v++) {
    Voice *voice = &p->voices[v];
    if (voice->size > 0 && voice->key == key && voice->channel == channel) return voice;
    if (voice->size * voice->gain < found->size * found->gain) found = voice;
  }
  return found;
}

static void begin(Plugin *p, u32 channel, u32 key, u32 velocity) {
  Voice *voice = voiceFor(p, channel, key);
  double step = stepFor(p, p->values[ATTACK] / 1000);
  *voice = (Voice){key, channel, 0, 0, step, step, velocity / 127.0};
}

static void letGo(Plugin *p, u32 channel, u32 key, double seconds) {
  for (u32 v = 0; v < VOICES; v++) {
    Voice *voice = &p->voices[v];
    if (voice->channel == channel && (key == ALL_KEYS || voice->key == key)) voice->step = -stepFor(p, seconds);
  }
}

static void play(Plugin *p, const ACEvent *event) {
  u32 channel = ac_midi_channel(event), first = ac_midi_first(event);
  double release = p->values[RELEASE] / 1000;
  switch (ac_midi_kind(event)) {
    case AC_NOTE_ON: begin(p, channel, first, ac_midi_second(event)); break;
    case AC_NOTE_OFF: letGo(p, channel, first, release); break;
    case AC_PITCH_BEND: p->bend[channel] = pow(2, ac_midi_bend(event) * BEND_SEMITONES / 12); break;
    case AC_CONTROLLER:
      if (first == AC_ALL_NOTES_OFF) letGo(p, channel, ALL_KEYS, release);
      if (first == AC_ALL_SOUND_OFF) letGo(p, channel, ALL_KEYS, SOUND_OFF_SECONDS);
      if (first == AC_RESET_CONTROLLERS) p->bend[channel] = 1;
  }
}

/* Adds a voice, without the level, which is the same for all. */
static void renderVoice(Plugin *p, Voice *voice, u32 from, u32 to) {
  double perFrame = 440 * pow(2, ((double)voice->key - 69) / 12) * p->bend[voice->channel] / p->sampleRate;
  const ACMedia *attack = &p->attack;
  for (u32 i = from; i < to && voice->size > 0; i++) {
    float gain = (float)(voice->size * voice->gain), sine = (float)sin(2 * AC_PI * voice->phase);
    for (u32 c = 0; c < p->outputWidth; c++) {
      float media = voice->age < attack->frames ? ac_channel(attack, c)[voice->age] : 0;
      p->layout.outputs[c][i] += gain * (sine + (fabsf(media) < 1e15f ? media : 0)); /* also no number is left out */
    }
    voice->phase += perFrame;
    voice->phase -= floor(voice->phase);
    voice->age++;
    voice->size = ac_clamp(voice->size + voice->step, 0, 1);
  }
}

static void render(Plugin *p, u32 from, u32 to) {
  for (u32 c = 0; c < p->outputWidth; c++)
    for (u32 i = from; i < to; i++) p->layout.outputs[c][i] = 0;
  for (u32 v = 0; v < VOICES; v++) renderVoice(p, &p->voices[v], from, to);
  for (u32 i = from; i < to; i++) {
    if (p->glideLeft) p->gain = --p->glideLeft ? p->gain + p->gainStep : gainOf(p);
    for (u32 c = 0; c < p->outputWidth; c++) p->layout.outputs[c][i] *= (float)p->gain;
  }
}

static void glide(Plugin *p, u32 frames) {
  p->glideLeft = frames;
  if (!frames) p->gain = gainOf(p);
  else p->gainStep = (gainOf(p) - p->gain) / frames;
}

EXPORT(ac_process) int ac_process(Plugin *p, u32 frames) {
  u32 from = 0, sounding = p->layout.eventCount | p->glideLeft;
  for (u32 v = 0; v < VOICES; v++) sounding |= p->voices[v].size > 0;
  p->layout.silentOut = 0;
  if (!sounding) return AC_SLEEP;
  for (u32 n = 0, at = 0; n < p->layout.eventCount; n++) {
    ACEvent *event = ac_event(&p->layout, &at);
    if (!ac_is_value(event) && !ac_is_midi(event, 0)) continue;
    u32 frame = event->frame < frames ? event->frame : frames;
    render(p, from, frame);
    from = frame;
    if (event->type == AC_MIDI1) {
      play(p, event);
      continue;
    }
    set(p, event->id, event->value);
    if (event->id == LEVEL) glide(p, ac_glide_frames(event, (u32)(GLIDE_SECONDS * p->sampleRate)));
  }
  p->layout.eventCount = 0;
  render(p, from, frames);
  return AC_CONTINUE;
}

EXPORT(ac_process_many) void ac_process_many(Plugin **list, u32 count, u32 frames) {
  for (u32 i = 0; i < count; i++) list[i]->layout.status = (u32)ac_process(list[i], frames);
}

EXPORT(ac_state_save) int ac_state_save(Plugin *p) {
  p->saved = (State){STATE_VERSION, 0, {p->values[ATTACK], p->values[RELEASE], p->values[LEVEL]}};
  return sizeof(State);
}

EXPORT(ac_state_load) int ac_state_load(Plugin *p, u32 bytes) {
  if (bytes != sizeof(State) || p->saved.version != STATE_VERSION) return -1;
  for (u32 id = 0; id < PARAMETERS; id++) set(p, id, p->saved.values[id]);
  return 0;
}
