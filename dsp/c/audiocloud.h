/*
 * The plugin ABI audiocloud:dsp 1.0 for C (docs/plugin-abi.md): layout, events, and memory on the module's own heap.
 * To be included by the one C file of a plugin; it needs no library. Mathematics is in math.h beside this file.
 *
 * An instance is a structure that begins with an ACLayout. What the plugin itself exports is listed in the ABI; ac_abi,
 * ac_alloc, ac_free and two constants are exported from here.
 */
#ifndef AUDIOCLOUD_H
#define AUDIOCLOUD_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef long long i64;

#define EXPORT(name) __attribute__((export_name(#name)))
#define AC_PI 3.14159265358979323846
#define AC_TAIL_ENDLESS 0x7fffffff

/* What ac_process returns. */
enum { AC_ERROR, AC_CONTINUE, AC_CONTINUE_IF_NOT_QUIET, AC_TAIL, AC_SLEEP };
/* Types of events. */
enum { AC_PARAMETER = 1, AC_RAMP, AC_MODULATION, AC_BYPASS, AC_MIDI1, AC_UMP, AC_TRANSPORT, AC_CUSTOM };

typedef struct { u32 frame; u16 type, size; u32 id, aux; double value; u32 rampFrames, unused; } ACEvent; /* 24 bytes; a ramp 32 */

typedef struct {
  u32 magic, size, model, maxFrames, inputPorts, outputPorts;
  u32 *inputWidths, *outputWidths;
  float **inputs, **outputs;
  u8 *events;
  u32 eventCapacity, eventCount, status;
  void *outEvents;
  u32 outEventCapacity, outEventCount;
  float *reports;
  u32 reportCount;
  void *state;
  u32 stateCapacity, silentIn, silentOut, flags;
} ACLayout;

enum { AC_MAGIC = 0x314c4341, AC_LAYOUT_BYTES = 96, AC_EVENT_BYTES = 24, AC_EVENT_CAPACITY = 256 };
_Static_assert(sizeof(ACLayout) == AC_LAYOUT_BYTES, "the layout has 96 bytes");
_Static_assert(__builtin_offsetof(ACEvent, rampFrames) == AC_EVENT_BYTES, "an event has 24 bytes");

/* C exports a variable by its address, so constants of the ABI are functions that return them. */
EXPORT(ac_abi) int ac_abi(void) { return 1 << 16 | 0; }
EXPORT(ac_layout_size) int ac_layout_size(void) { return AC_LAYOUT_BYTES; }
EXPORT(ac_event_size) int ac_event_size(void) { return AC_EVENT_BYTES; }

/* ---- memory [control]: a list of free blocks over memory.grow. Statics are for the control thread only ---- */

typedef struct ACBlock { u32 bytes; struct ACBlock *next; u32 unused[2]; } ACBlock; /* 16 bytes, the memory given out follows */
extern u8 __heap_base;
static ACBlock *acFreeBlocks;
static u32 acHeapEnd;

/* Memory, aligned to 16 bytes; 0 when there is none left. */
EXPORT(ac_alloc) void *ac_alloc(u32 asked) {
  const u32 page = 65536;
  u32 bytes = (asked + 15u) & ~15u;
  if (bytes < asked) return 0;
  for (ACBlock **place = &acFreeBlocks; *place; place = &(*place)->next)
    if ((*place)->bytes >= bytes) {
      ACBlock *found = *place;
      *place = found->next;
      return found + 1;
    }
  if (!acHeapEnd) acHeapEnd = ((u32)&__heap_base + 15u) & ~15u;
  u32 end = acHeapEnd + sizeof(ACBlock) + bytes, have = __builtin_wasm_memory_size(0) * page;
  if (end < acHeapEnd) return 0;
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + page - 1) / page) == (u32)-1) return 0;
  ACBlock *block = (ACBlock *)acHeapEnd;
  acHeapEnd = end;
  block->bytes = bytes;
  return block + 1;
}

EXPORT(ac_free) void ac_free(void *memory) {
  if (!memory) return;
  ACBlock *block = (ACBlock *)memory - 1;
  block->next = acFreeBlocks;
  acFreeBlocks = block;
}

static inline void *ac_zeroed(u32 bytes) {
  void *memory = ac_alloc(bytes);
  if (memory) __builtin_memset(memory, 0, bytes);
  return memory;
}

/* ---- the layout [control] ---- */

/* What a layout holds after ac_create. The widths of the ports are the plugin's to fill in. */
static inline void ac_begin(ACLayout *l, u32 model, u32 inputPorts, u32 *inputWidths, u32 outputPorts, u32 *outputWidths,
                            void *state, u32 stateCapacity) {
  l->magic = AC_MAGIC;
  l->size = AC_LAYOUT_BYTES;
  l->model = model;
  l->inputPorts = inputPorts;
  l->inputWidths = inputWidths;
  l->outputPorts = outputPorts;
  l->outputWidths = outputWidths;
  l->state = state;
  l->stateCapacity = stateCapacity;
}

static inline u32 ac_channels(const u32 *widths, u32 ports) {
  u32 sum = 0;
  for (u32 i = 0; i < ports; i++) sum += widths[i];
  return sum;
}

/* Ends an activation: gives back what ac_open took. */
static inline void ac_close(ACLayout *l) {
  for (u32 c = 0, n = ac_channels(l->inputWidths, l->inputPorts); l->inputs && c < n; c++) ac_free(l->inputs[c]);
  for (u32 c = 0, n = ac_channels(l->outputWidths, l->outputPorts); l->outputs && c < n; c++) ac_free(l->outputs[c]);
  ac_free(l->inputs);
  ac_free(l->outputs);
  ac_free(l->events);
  l->inputs = l->outputs = 0;
  l->events = 0;
  l->maxFrames = 0;
}

static inline float **ac_buffers(u32 channels, u32 maxFrames) {
  float **list = ac_zeroed((channels ? channels : 1) * sizeof(float *));
  for (u32 c = 0; list && c < channels; c++)
    if (!(list[c] = ac_zeroed(((maxFrames + 3) & ~3u) * sizeof(float)))) return list;
  return list;
}

static inline int ac_has_all(float **list, u32 channels) {
  for (u32 c = 0; list && c < channels; c++)
    if (!list[c]) return 0;
  return list != 0;
}

/* Takes the buffers of all ports and the list of events. Returns 0, or -1 when there is no memory; then nothing is kept. */
static inline int ac_open(ACLayout *l, u32 maxFrames) {
  u32 in = ac_channels(l->inputWidths, l->inputPorts), out = ac_channels(l->outputWidths, l->outputPorts);
  l->inputs = ac_buffers(in, maxFrames);
  l->outputs = ac_buffers(out, maxFrames);
  l->events = ac_alloc(AC_EVENT_CAPACITY * AC_EVENT_BYTES);
  l->eventCapacity = AC_EVENT_CAPACITY;
  if (!ac_has_all(l->inputs, in) || !ac_has_all(l->outputs, out) || !l->events) {
    ac_close(l);
    return -1;
  }
  l->maxFrames = maxFrames;
  return 0;
}

/* ---- media [control]: kept by ac_take_media, read from ac_activate on ---- */

/* A sound that the host lends to a slot: planar, read only, there until ac_destroy. frames is 0 when nothing is there. */
typedef struct { const float *samples; u32 frames, channels; double sampleRate; } ACMedia;

/* The body of ac_media: keeps what is given to one of `slots` slots, counted through all of the model. Returns 0, or -1. */
static inline int ac_take_media(ACMedia *media, u32 slots, u32 slot, const float *samples, u32 frames, u32 channels, double sampleRate) {
  if (slot >= slots) return -1;
  u32 isEmpty = !frames || !channels;
  media[slot] = (ACMedia){isEmpty ? 0 : samples, isEmpty ? 0 : frames, isEmpty ? 0 : channels, sampleRate};
  return 0;
}

/* The samples of a channel; beyond the last the last one again. Only of a slot that is not empty. [any] */
static inline const float *ac_channel(const ACMedia *media, u32 channel) {
  u32 stride = (media->frames + 3) & ~3u;
  return media->samples + (channel < media->channels ? channel : media->channels - 1) * stride;
}

/* ---- while rendering [render] ---- */

/* The event at *at (0 for the first), which then leads to the next one. */
static inline ACEvent *ac_event(ACLayout *l, u32 *at) {
  ACEvent *event = (ACEvent *)(l->events + *at);
  *at += event->size;
  return event;
}

/* Whether an event sets the one value of a parameter. */
static inline int ac_is_value(const ACEvent *event) {
  return (event->type == AC_PARAMETER || event->type == AC_RAMP) && (event->aux == 0 || event->aux == 0xffffffffu);
}

/* Frames within which the value of an event is to be reached. */
static inline u32 ac_glide_frames(const ACEvent *event, u32 usual) {
  return event->type == AC_RAMP && event->size >= 32 ? event->rampFrames : usual;
}

/* Whether all of so many input channels are zero in this block; beyond 32 nothing is known. */
static inline int ac_inputs_silent(const ACLayout *l, u32 channels) {
  return channels <= 32 && l->silentIn == (channels == 32 ? 0xffffffffu : (1u << channels) - 1);
}

/* Kinds of MIDI messages, and the controllers that every instrument knows. */
enum {
  AC_NOTE_OFF = 0x80, AC_NOTE_ON = 0x90, AC_POLY_PRESSURE = 0xa0, AC_CONTROLLER = 0xb0, AC_PROGRAM = 0xc0, AC_PRESSURE = 0xd0,
  AC_PITCH_BEND = 0xe0, AC_SUSTAIN = 64, AC_ALL_SOUND_OFF = 120, AC_RESET_CONTROLLERS = 121, AC_ALL_NOTES_OFF = 123
};

/* Whether an event is a MIDI message for the midi input with this number. */
static inline int ac_is_midi(const ACEvent *event, u32 input) { return event->type == AC_MIDI1 && event->id == input; }

/* First and second data byte, 0 to 127: note and velocity, controller and value. */
static inline u32 ac_midi_first(const ACEvent *event) { return ((const u8 *)&event->value)[1] & 0x7f; }
static inline u32 ac_midi_second(const ACEvent *event) { return ((const u8 *)&event->value)[2] & 0x7f; }
static inline u32 ac_midi_channel(const ACEvent *event) { return ((const u8 *)&event->value)[0] & 0x0f; }

/* The kind of a message. A note on of velocity 0 is a note off. */
static inline u32 ac_midi_kind(const ACEvent *event) {
  u32 kind = ((const u8 *)&event->value)[0] & 0xf0;
  return kind == AC_NOTE_ON && !ac_midi_second(event) ? AC_NOTE_OFF : kind;
}

/* Of a pitch bend: -1 to 1, 0 in the middle. */
static inline double ac_midi_bend(const ACEvent *event) {
  int raw = (int)(ac_midi_first(event) | ac_midi_second(event) << 7) - 8192;
  return raw / (raw < 0 ? 8192.0 : 8191.0);
}

static inline double ac_clamp(double value, double low, double high) {
  return value >= low ? (value <= high ? value : high) : low;
}

#endif
