/* What generated C asks of stdlib.h: memory on the module's own heap, on the control thread only. */
#ifndef AUDIOCLOUD_STDLIB_H
#define AUDIOCLOUD_STDLIB_H

#include "audiocloud.h"

static inline void *calloc(u32 count, u32 bytes) { return ac_zeroed(count * bytes); }
static inline void free(void *memory) { ac_free(memory); }
static inline int abs(int value) { return value < 0 ? -value : value; }

#endif
