import type { HeardPacket } from './heard-packet.ts';
/**
 * Mean square of one passage of the timeline, over all channels, from packets as they arrive.
 *
 * It begins when its first frame comes by, and again when frames are missing: a seek or a loop.
 */
export class PassageLevel {
  private fromFrame: number;
  private toFrame: number;
  private nextFrame = -1;
  private sum = 0;
  private samples = 0;
  private settle!: (levelDb: number) => void;
  /** Resolves with the level in dBFS (mean square) once the whole passage has come. */
  readonly levelDb = new Promise<number>((resolve) => {
    this.settle = resolve;
  });

  constructor(fromFrame: number, toFrame: number) {
    this.fromFrame = fromFrame;
    this.toFrame = toFrame;
  }

  push({ timelineFrame, frames, channels, samples }: HeardPacket): void {
    if (timelineFrame !== this.nextFrame) {
      this.nextFrame = -1;
      if (timelineFrame > this.fromFrame || timelineFrame + frames <= this.fromFrame) return;
      this.sum = 0;
      this.samples = 0;
    }
    this.nextFrame = timelineFrame + frames;
    const first = Math.max(0, this.fromFrame - timelineFrame);
    const end = Math.min(frames, this.toFrame - timelineFrame);
    for (let i = first * channels; i < end * channels; i++) this.sum += samples[i]! ** 2;
    this.samples += Math.max(0, end - first) * channels;
    if (this.nextFrame >= this.toFrame) this.settle(10 * Math.log10(this.sum / this.samples));
  }
}
