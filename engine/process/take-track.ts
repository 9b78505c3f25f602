import { createOutputFile, type OutputFile } from '../media/encode/output-file.ts';
import type { SinkReader } from '../stream/sink-reader.ts';

/** What of a play is taken. */
export interface TakeRange {
  /** Cut off its start. */
  latencyFrames: number;
  /** Behind them. */
  frames: number;
}

const FLOAT_BYTES = 4;

/** One sink while it is taken: what it gives, and the file of interleaved floats to which that goes. [control] */
export class TakeTrack {
  /** Undefined: the first sink of the task. */
  readonly sink: string | undefined;
  readonly path: string;
  reader: SinkReader | undefined;
  channels = 0;
  /** Of the stream since play, the latency included. */
  done = 0;
  #file: OutputFile | undefined;

  constructor(sink: string | undefined, path: string) {
    this.sink = sink;
    this.path = path;
  }

  /** Makes its file, of what its reader gives. Throws RENDER_FAILED, here and below, for what the disk refuses. */
  async open(): Promise<void> {
    this.channels = this.reader!.channels;
    this.#file = await createOutputFile(this.path, this.path);
  }

  /** Frames that are in the file. */
  get readableFrames(): number {
    return this.#file ? Math.floor(this.#file.readableBytes / (this.channels * FLOAT_BYTES)) : 0;
  }

  /** Adds the next `frames` frames of the stream, as far as they are of the take. Without samples: silence. */
  async write({ latencyFrames, frames: all }: TakeRange, frames: number, samples?: Float32Array): Promise<void> {
    const skipped = Math.min(frames, Math.max(0, latencyFrames - this.done));
    const count = Math.min(frames, latencyFrames + all - this.done) - skipped;
    this.done += frames;
    if (count <= 0) return;
    const frameBytes = this.channels * FLOAT_BYTES;
    const bytes = samples
      ? new Uint8Array(samples.buffer, samples.byteOffset + skipped * frameBytes, count * frameBytes)
      : new Uint8Array(count * frameBytes);
    this.#file!.put(bytes);
    await this.#file!.drain();
  }

  /** All of it is in the file. */
  async end(): Promise<void> {
    await this.#file!.end();
  }

  async remove(): Promise<void> {
    await this.#file?.abort();
  }
}
