/*
 * A tremolo in plain C, on the plugin ABI alone (docs/plugin-abi.md): no library, not even libc.
 *
 * gain(t) = 1 - depth * (1 - cos(2 pi rate t)) / 2, the same for all channels, t counted from activate or reset.
 * Parameters: 0 rate, Hz, 0.05 to 20 (at once: the phase goes on without a step); 1 depth, %, 0 to 100 (glides 10 ms).
 * Report: 0 gain, as of the last frame.
 */
typedef unsigned int u32;
typedef unsigned short u16;
typedef long long i64;

#define EXPORT(name) __attribute__((export_name(#name)))
#define PAGE 65536u

/* C exports a variable by its address, so constants of the ABI are functions that return them. */
EXPORT(ac_abi) int ac_abi(void) { return 1 << 16 | 0; }
EXPORT(ac_layout_size) int ac_layout_size(void) { return 96; }
EXPORT(ac_event_size) int ac_event_size(void) { return 24; }

/* ---- memory: a list of free blocks over memory.grow ---- */

typedef struct Block { u32 bytes; struct Block *next; u32 unused[2]; } Block; /* 16 bytes, the memory given out follows */
extern unsigned char __heap_base;
static Block *freeBlocks; /* C statics are for the control twin only: what process needs lives in the instance */
static u32 heapEnd;

EXPORT(ac_alloc) void *ac_alloc(u32 asked) {
  u32 bytes = (asked + 15u) & ~15u;
  if (bytes < asked) return 0;
  for (Block **place = &freeBlocks; *place; place = &(*place)->next)
    if ((*place)->bytes >= bytes) {
      Block *found = *place;
      *place = found->next;
      return found + 1;
    }
  if (!heapEnd) heapEnd = ((u32)&__heap_base + 15u) & ~15u;
  u32 end = heapEnd + sizeof(Block) + bytes, have = __builtin_wasm_memory_size(0) * PAGE;
  if (end < heapEnd) return 0;
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + PAGE - 1) / PAGE) == (u32)-1) return 0;
  Block *block = (Block *)heapEnd;
  heapEnd = end;
  block->bytes = bytes;
  return block + 1;
}

EXPORT(ac_free) void ac_free(void *memory) {
  if (!memory) return;
  Block *block = (Block *)memory - 1;
  block->next = freeBlocks;
  freeBlocks = block;
}

static void *zeroed(u32 bytes) {
  void *memory = ac_alloc(bytes);
  if (memory) __builtin_memset(memory, 0, bytes);
  return memory;
}

/* ---- the instance: the layout of the ABI, then what is ours ---- */

enum { RATE, DEPTH, EVENT_CAPACITY = 256, EVENT_BYTES = 24, STATE_VERSION = 1, MAX_CHANNELS = 64 };
enum { STATUS_ERROR, STATUS_CONTINUE, EVENT_PARAMETER = 1 };

typedef struct { u32 frame; u16 type, size; u32 id, aux; double value; } Event;
typedef struct { u32 version, unused; double rateHz, depthPercent; } State;

typedef struct {
  u32 magic, size, model, maxFrames, inputPorts, outputPorts;
  u32 *inputWidths, *outputWidths;
  float **inputs, **outputs;
  unsigned char *events;
  u32 eventCapacity, eventCount, status;
  void *outEvents;
  u32 outEventCapacity, outEventCount;
  float *reports;
  u32 reportCount;
  State *state;
  u32 stateCapacity, silentIn, silentOut, flags; /* 96 bytes up to here */
  u32 inputWidth, outputWidth; /* what inputWidths and outputWidths point at */
  float gainReport;
  u32 glideFrames; /* until depth has arrived */
  double rateHz, depthPercent;
  double phase; /* of a cycle, 0 to 1 */
  double depth, depthStep; /* 0 to 1 */
  double sampleRate;
  float *gains; /* one block of them */
  State stateBuffer;
} Tremolo;

_Static_assert(__builtin_offsetof(Tremolo, inputWidth) == 96, "the layout has 96 bytes");

static double clamp(double value, double low, double high) { return value >= low ? (value <= high ? value : high) : low; }

/* cos(2 pi x), 0 <= x < 1: Taylor's series of the sine up to x^11 on a quarter turn either way, error below 6e-8. */
static double cosineOfTurn(double x) {
  double y = x < 0.5 ? 0.25 - x : x - 0.75; /* cos(2 pi x) = sin(2 pi y), |y| <= 0.25 */
  double a = y * 6.283185307179586, s = a * a;
  return a * (1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110)))));
}

EXPORT(ac_create) int ac_create(int model, i64 seed) {
  (void)seed; /* nothing here is random */
  if (model != 0) return -1;
  Tremolo *t = zeroed(sizeof(Tremolo));
  if (!t) return -2;
  t->magic = 0x314c4341;
  t->size = 96;
  t->inputPorts = t->outputPorts = 1;
  t->inputWidth = t->outputWidth = 2;
  t->inputWidths = &t->inputWidth;
  t->outputWidths = &t->outputWidth;
  t->reports = &t->gainReport;
  t->reportCount = 1;
  t->state = &t->stateBuffer;
  t->stateCapacity = sizeof(State);
  t->rateHz = 5;
  t->depthPercent = 0;
  return (int)t;
}

static void setValue(Tremolo *t, u32 id, double value) {
  if (id == RATE) t->rateHz = clamp(value, 0.05, 20);
  if (id == DEPTH) t->depthPercent = clamp(value, 0, 100);
}

EXPORT(ac_parameter) int ac_parameter(Tremolo *t, u32 id, int index, double value) {
  if (id > DEPTH || (index != 0 && index != -1)) return -1;
  setValue(t, id, value);
  return 0;
}

EXPORT(ac_reset) void ac_reset(Tremolo *t) {
  t->phase = 0;
  t->depth = t->depthPercent / 100;
  t->glideFrames = 0;
  t->gainReport = 1;
}

static float **buffers(u32 channels, u32 maxFrames) {
  float **list = zeroed(channels * sizeof(float *));
  for (u32 c = 0; list && c < channels; c++)
    if (!(list[c] = zeroed(((maxFrames + 3) & ~3u) * sizeof(float)))) return 0;
  return list;
}

EXPORT(ac_activate) int ac_activate(Tremolo *t, double sampleRate, u32 maxFrames) {
  u32 channels = t->inputWidth;
  if (channels < 1 || channels > MAX_CHANNELS || t->outputWidth != channels) return -1;
  t->inputs = buffers(channels, maxFrames);
  t->outputs = buffers(channels, maxFrames);
  t->gains = zeroed(((maxFrames + 3) & ~3u) * sizeof(float));
  t->events = ac_alloc(EVENT_CAPACITY * EVENT_BYTES);
  if (!t->inputs || !t->outputs || !t->gains || !t->events) return -2;
  t->eventCapacity = EVENT_CAPACITY;
  t->maxFrames = maxFrames;
  t->sampleRate = sampleRate;
  ac_reset(t);
  return 0;
}

EXPORT(ac_latency) int ac_latency(Tremolo *t) { (void)t; return 0; }
EXPORT(ac_tail) int ac_tail(Tremolo *t) { (void)t; return 0; }

/* Gains of the frames from `from` to `to`: one double addition a frame, so that they do not depend on the block size. */
static void fillGains(Tremolo *t, u32 from, u32 to) {
  double step = t->rateHz / t->sampleRate;
  for (u32 i = from; i < to; i++) {
    if (t->glideFrames && --t->glideFrames == 0) t->depth = t->depthPercent / 100;
    else if (t->glideFrames) t->depth += t->depthStep;
    t->gains[i] = (float)(1 - t->depth * 0.5 * (1 - cosineOfTurn(t->phase)));
    t->phase += step;
    if (t->phase >= 1) t->phase -= 1;
  }
}

EXPORT(ac_process) int ac_process(Tremolo *t, u32 frames) {
  u32 from = 0;
  unsigned char *at = t->events;
  for (u32 n = 0; n < t->eventCount; n++, at += ((Event *)at)->size) {
    Event *event = (Event *)at;
    if (event->type != EVENT_PARAMETER || (event->aux != 0 && event->aux != 0xffffffffu)) continue;
    u32 frame = event->frame < frames ? event->frame : frames;
    fillGains(t, from, frame);
    from = frame;
    setValue(t, event->id, event->value);
    if (event->id == DEPTH) {
      t->glideFrames = (u32)(0.01 * t->sampleRate);
      t->depthStep = (t->depthPercent / 100 - t->depth) / t->glideFrames;
    }
  }
  t->eventCount = 0;
  fillGains(t, from, frames);
  for (u32 c = 0; c < t->inputWidth; c++) {
    const float *in = t->inputs[c];
    float *out = t->outputs[c];
    for (u32 i = 0; i < frames; i++) out[i] = in[i] * t->gains[i];
  }
  t->silentOut = t->silentIn;
  t->gainReport = t->gains[frames - 1];
  return STATUS_CONTINUE; /* never sleeps: the cycle goes on in silence */
}

EXPORT(ac_process_many) void ac_process_many(Tremolo **list, u32 count, u32 frames) {
  for (u32 i = 0; i < count; i++) list[i]->status = (u32)ac_process(list[i], frames);
}

EXPORT(ac_deactivate) void ac_deactivate(Tremolo *t) {
  for (u32 c = 0; t->inputs && c < t->inputWidth; c++) ac_free(t->inputs[c]);
  for (u32 c = 0; t->outputs && c < t->outputWidth; c++) ac_free(t->outputs[c]);
  ac_free(t->inputs);
  ac_free(t->outputs);
  ac_free(t->gains);
  ac_free(t->events);
  t->inputs = t->outputs = 0;
  t->gains = 0;
  t->events = 0;
  t->maxFrames = 0;
}

EXPORT(ac_destroy) void ac_destroy(Tremolo *t) { ac_free(t); }

EXPORT(ac_state_save) int ac_state_save(Tremolo *t) {
  *t->state = (State){STATE_VERSION, 0, t->rateHz, t->depthPercent};
  return sizeof(State);
}

EXPORT(ac_state_load) int ac_state_load(Tremolo *t, u32 bytes) {
  if (bytes != sizeof(State) || t->state->version != STATE_VERSION) return -1;
  setValue(t, RATE, t->state->rateHz);
  setValue(t, DEPTH, t->state->depthPercent);
  return 0;
}
