/*
 * The frame around a kernel: runs instances of it one after the other in blocks of 128 frames, and prints the seconds of the
 * block loop.
 *
 * Arguments: channels of an instance, instances, passes over the input, file of the input (f32, planar: all channels of all
 * instances, a multiple of 128 frames of each), file to write (f32, planar: the last pass), or "-" for none.
 * Without a file to write one more pass comes first, which is not timed.
 */
#include "kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_PLANES 64

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  const int channels = atoi(argv[1]);
  const int instances = atoi(argv[2]);
  const long passes = atol(argv[3]);
  const int planes = channels * instances;
  const int is_kept = strcmp(argv[5], "-") != 0;
  FILE *file = fopen(argv[4], "rb");
  if (!file || planes < 1 || planes > MAX_PLANES) return 3;
  fseek(file, 0, SEEK_END);
  const size_t bytes = (size_t)ftell(file);
  const long frames = (long)(bytes / sizeof(float)) / planes;
  rewind(file);
  float *input = malloc(bytes);
  float *kept = calloc(bytes, 1);
  if (!input || !kept || frames % MAX_FRAMES || fread(input, 1, bytes, file) != bytes) return 4;
  fclose(file);

  static float block[MAX_PLANES][MAX_FRAMES];
  const float *in[MAX_PLANES];
  float *out[MAX_PLANES];
  void *kernels[MAX_PLANES];
  for (int c = 0; c < planes; c++) out[c] = block[c];
  for (int n = 0; n < instances; n++) kernels[n] = kernel_create(channels);

  double begun = seconds();
  for (long pass = is_kept ? 0 : -1; pass < passes; pass++) {
    if (pass == 0) begun = seconds();
    for (long at = 0; at < frames; at += MAX_FRAMES) {
      for (int c = 0; c < planes; c++) in[c] = input + c * frames + at;
      for (int n = 0; n < instances; n++)
        kernel_process(kernels[n], in + n * channels, out + n * channels, MAX_FRAMES);
      if (!is_kept) continue;
      for (int c = 0; c < planes; c++) memcpy(kept + c * frames + at, out[c], sizeof block[c]);
    }
  }
  const double took = seconds() - begun;
  if (is_kept) {
    file = fopen(argv[5], "wb");
    if (!file || fwrite(kept, 1, bytes, file) != bytes) return 5;
    fclose(file);
  }
  printf("%.9f\n", took);
  return 0;
}
