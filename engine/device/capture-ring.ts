/** What a card heard of late, by the frames of its own clock; what it did not hear, or long ago, is silence. */
export class CaptureRing {
  private readonly planes: Float32Array[];
  private readonly capacity: number;
  /** The frame after the newest one. */
  private end = 0;

  /** capacity: frames that are kept. */
  constructor(channels: number, capacity: number) {
    this.capacity = capacity;
    this.planes = Array.from({ length: channels }, () => new Float32Array(capacity));
  }

  /** Takes a piece that begins at frame `from`, which is not before the end of the one taken last. */
  put(from: number, planes: readonly Float32Array[]): void {
    const { capacity } = this;
    const frames = planes[0]?.length ?? 0;
    const gap = Math.min(from - this.end, capacity);
    for (const [c, plane] of this.planes.entries()) {
      for (let n = from - gap; n < from; n++) plane[n % capacity] = 0;
      for (let i = 0; i < frames; i++) plane[(from + i) % capacity] = planes[c]![i]!;
    }
    this.end = from + frames;
  }

  /** Copies `frames` frames of each channel from frame `from` on, one channel after the other. */
  read(from: number, frames: number, into: Float32Array): void {
    const { capacity, end } = this;
    const oldest = Math.max(0, end - capacity);
    for (const [c, plane] of this.planes.entries())
      for (let i = 0; i < frames; i++) {
        const n = from + i;
        into[c * frames + i] = n >= oldest && n < end ? plane[n % capacity]! : 0;
      }
  }
}
