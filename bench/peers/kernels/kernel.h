/* A kernel as main.c runs it: the algorithm of a stock model of the same name, in plain C, at 48 kHz. */
#ifndef KERNEL_H
#define KERNEL_H

#define RATE 48000.0
#define MAX_FRAMES 128

/* A new instance that has heard nothing yet; its values stand in its file and are those of bench/workloads/kernels.ts. */
void *kernel_create(int channels);

/* One block of at most MAX_FRAMES frames, planar. in and out never overlap. */
void kernel_process(void *kernel, const float *const *in, float *const *out, int frames);

#endif
