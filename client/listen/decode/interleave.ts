/** Puts planes behind one another into some channels of interleaved samples, beginning with the frame `skip` of the planes. */
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
    for (let i = 0, at = firstChannel + c; i < frames; i++, at += channels) to[at] = plane[skip + i]!;
  }
}
