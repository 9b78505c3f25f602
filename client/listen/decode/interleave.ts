/**
 * Puts planes behind one another into some channels of interleaved samples, beginning with the frame `skip` of the planes; below 0 it is the
 * frame of the samples at which they begin. What lies beyond either is left as it is.
 */
export function interleave(
  to: Float32Array,
  channels: number,
  firstChannel: number,
  planes: readonly Float32Array[],
  skip: number,
): void {
  const frames = to.length / channels;
  for (let c = 0; c < planes.length; c++) {
    const plane = planes[c]!;
    const end = Math.min(frames, plane.length - skip);
    for (let i = Math.max(0, -skip); i < end; i++) to[i * channels + firstChannel + c] = plane[skip + i]!;
  }
}
