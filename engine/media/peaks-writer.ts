import { closeSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { PEAK_LEVELS, PEAKS_HEADER_BYTES, peaksHeader } from './peaks-file.ts';

const BUFFER_BYTES = 65536;

/** Files that are there while peaks are written, and left by one that was killed. [any] */
export const peaksParts = (path: string): string[] => PEAK_LEVELS.map((_, level) => `${path}.part${level}`);

/** The pairs of one level, in a file of their own until the end. */
class LevelFile {
  readonly path: string;
  readonly fd: number;
  private readonly bytes = new Uint8Array(BUFFER_BYTES);
  private readonly view = new DataView(this.bytes.buffer);
  private filled = 0;

  constructor(path: string) {
    this.path = path;
    this.fd = openSync(path, 'w+', 0o600);
  }

  put(least: number, most: number): void {
    if (this.filled + 4 > BUFFER_BYTES) this.flush();
    this.view.setInt16(this.filled, Math.max(-32768, Math.floor(least * 32768)), true);
    this.view.setInt16(this.filled + 2, Math.min(32767, Math.ceil(most * 32768)), true);
    this.filled += 4;
  }

  skip(bytes: number): void {
    writeAll(this.fd, new Uint8Array(bytes));
  }

  flush(): void {
    writeAll(this.fd, this.bytes.subarray(0, this.filled));
    this.filled = 0;
  }
}

/**
 * Writes the peaks of a sound while it passes (peaks-file.ts), in memory that does not grow with its length. The file is there, as
 * a whole, after `finish`. Blocks its thread for the disk. [decode]
 */
export class PeaksWriter {
  private readonly path: string;
  private readonly sampleRate: number;
  private readonly channels: number;
  private readonly files: LevelFile[];
  /** By level and channel: of the pair that is not whole yet. */
  private readonly least: Float64Array[];
  private readonly most: Float64Array[];
  /** Frames of the pair of the first level, pairs below of those above, that are in it. */
  private readonly counts = PEAK_LEVELS.map(() => 0);
  private frames = 0;

  constructor(path: string, sampleRate: number, channels: number) {
    this.path = path;
    this.sampleRate = sampleRate;
    this.channels = channels;
    this.files = peaksParts(path).map((part) => new LevelFile(part));
    this.files[0]!.skip(PEAKS_HEADER_BYTES);
    this.least = PEAK_LEVELS.map(() => new Float64Array(channels).fill(Number.POSITIVE_INFINITY));
    this.most = PEAK_LEVELS.map(() => new Float64Array(channels).fill(Number.NEGATIVE_INFINITY));
  }

  add(planes: readonly Float32Array[], frames: number): void {
    const [least, most] = [this.least[0]!, this.most[0]!];
    const whole = PEAK_LEVELS[0];
    for (let at = 0; at < frames; ) {
      const end = Math.min(frames, at + whole - this.counts[0]!);
      for (let c = 0; c < this.channels; c++) {
        const samples = planes[c]!;
        let low = least[c]!;
        let high = most[c]!;
        for (let i = at; i < end; i++) {
          const sample = samples[i]!;
          if (sample < low) low = sample;
          if (sample > high) high = sample;
        }
        least[c] = low;
        most[c] = high;
      }
      this.counts[0]! += end - at;
      at = end;
      if (this.counts[0] === whole) this.endPair(0);
    }
    this.frames += frames;
  }

  finish(): void {
    for (let level = 0; level < PEAK_LEVELS.length; level++) if (this.counts[level]! > 0) this.endPair(level);
    for (const file of this.files) file.flush();
    const [first, ...others] = this.files as [LevelFile, ...LevelFile[]];
    const buffer = new Uint8Array(BUFFER_BYTES);
    for (const { fd } of others) {
      let got = BUFFER_BYTES;
      for (let at = 0; got > 0; at += got) {
        got = readSync(fd, buffer, 0, BUFFER_BYTES, at);
        writeAll(first.fd, buffer.subarray(0, got));
      }
    }
    writeSync(first.fd, peaksHeader(this.sampleRate, this.channels, this.frames), 0, PEAKS_HEADER_BYTES, 0);
    for (const { fd } of this.files) closeSync(fd);
    renameSync(first.path, this.path);
    for (const { path } of others) rmSync(path, { force: true });
  }

  /** Leaves nothing; what was at the path stays. */
  discard(): void {
    for (const { fd, path } of this.files) {
      closeSync(fd);
      rmSync(path, { force: true });
    }
  }

  private endPair(level: number): void {
    const [least, most] = [this.least[level]!, this.most[level]!];
    for (let c = 0; c < this.channels; c++) {
      this.files[level]!.put(least[c]!, most[c]!);
      if (level + 1 < PEAK_LEVELS.length) {
        const [leastAbove, mostAbove] = [this.least[level + 1]!, this.most[level + 1]!];
        leastAbove[c] = Math.min(leastAbove[c]!, least[c]!);
        mostAbove[c] = Math.max(mostAbove[c]!, most[c]!);
      }
    }
    least.fill(Number.POSITIVE_INFINITY);
    most.fill(Number.NEGATIVE_INFINITY);
    this.counts[level] = 0;
    if (level + 1 === PEAK_LEVELS.length) return;
    this.counts[level + 1]!++;
    if (this.counts[level + 1] === PEAK_LEVELS[level + 1]! / PEAK_LEVELS[level]!) this.endPair(level + 1);
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
}
