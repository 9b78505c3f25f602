import { isAbsolute } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AudioCloudError, type ErrorBody, type ExportOutput } from '@audiocloud/api';
import { FrameCount } from '../export/frame-count.ts';
import type { TakenFacts } from '../export/taken-sound.ts';
import { SinkRing } from '../render/sink-ring.ts';
import { SinkReader } from '../stream/sink-reader.ts';
import { renderRange } from '../task/render-range.ts';
import type { RecordedTask, RecordJob } from './record-jobs.ts';
import { type TakeRange, TakeTrack } from './take-track.ts';

export interface RecordingOptions {
  find(): RecordedTask | undefined;
  signal: AbortSignal;
  onProgress(frames: number, ofFrames: number): void;
  /** Its play has begun: what is taken grows from now on, and can be followed. */
  onTake(sound: TakenFacts): void;
}

/** How a recording went. */
export interface Recorded {
  /** At which it was played. */
  sampleRate: number;
  frames: number;
  latencyFrames: number;
  missedBlocks: number;
  lostFrames: number;
  failed: ErrorBody[];
}

const LOOK_MS = 20;
const PROGRESS_MS = 250;
/** A task that plays and gives nothing for so long stands still. */
const STUCK_MS = 10_000;

/** The play that is recorded, from its first frame on. */
interface Take extends TakeRange {
  task: RecordedTask['loaded'];
  playId: number;
  /** First frame of the timeline. */
  from: number;
  missedBefore: number;
}

const nameOf = (track: number): string => `sink${track}`;

/**
 * Records sinks of a task over one play: waits for it, then takes every frame once, in order, as it is heard. `remove` is to follow. [control]
 *
 * Frames that were overwritten before they were read are zeros, and counted. Throws RENDER_CANCELLED, EXPORT_INTERRUPTED when the
 * play stops, jumps or begins elsewhere, SINK_UNKNOWN, DEVICE_FAILED when it stands still, RENDER_FAILED for what the disk refuses.
 */
export class Recording {
  readonly #job: RecordJob;
  readonly #options: RecordingOptions;
  /** Sinks that are wanted, each once. */
  readonly #tracks: TakeTrack[];
  #take: Take | undefined;
  /** In the file of every sink. */
  readonly #ready = new FrameCount();
  #lostFrames = 0;
  #hears = false;
  /** The last play before it heard: what comes late of it is none of ours. */
  #before: { task: RecordedTask['loaded']; playId: number } | undefined;
  /** When a frame came last. */
  #movedAt = 0;

  constructor(job: RecordJob, options: RecordingOptions) {
    this.#job = job;
    this.#options = options;
    const [first] = job.outputs;
    const sinks = new Set(job.outputs.map(({ sink }) => sink));
    this.#tracks = [...sinks].map((sink, i) => new TakeTrack(sink, `${first!.path}.take${i}`));
  }

  async run(): Promise<Recorded> {
    const relative = this.#job.outputs.find(({ path }) => !isAbsolute(path));
    if (relative) throw new AudioCloudError('REQUEST_INVALID', `Cannot record: '${relative.path}' is no absolute path`);
    this.#attach();
    const before = this.#options.find()?.loaded;
    this.#before = before && { task: before, playId: before.transportState().playId };
    // From here on it hears: whoever asked may have the task play.
    this.#hears = true;
    this.#options.onProgress(0, 1);
    await this.#hear();
    return this.#finish();
  }

  /** Outputs that each name a sink of what is taken. */
  named(outputs: readonly ExportOutput[]): ExportOutput[] {
    return outputs.map((output) => ({
      ...output,
      sink: nameOf(this.#tracks.findIndex(({ sink }) => sink === output.sink)),
    }));
  }

  /** Removes what was taken. */
  async remove(): Promise<void> {
    for (const track of this.#tracks) await track.remove();
  }

  async #hear(): Promise<void> {
    let toldAt = performance.now();
    for (;;) {
      if (this.#options.signal.aborted)
        throw new AudioCloudError('RENDER_CANCELLED', `Cannot finish recording '${this.#job.job}': it was cancelled`);
      this.#attach();
      const isIdle = !this.#isPlaying;
      for (const track of this.#tracks) await this.#drain(track);
      const take = this.#take;
      if (take) {
        const done = Math.min(...this.#tracks.map((track) => track.done));
        const frames = Math.max(0, Math.min(take.frames, done - take.latencyFrames));
        if (frames === take.frames) return;
        this.#tellReady();
        // What was given before it stopped has been read.
        if (isIdle) throw this.#interrupted(`it stopped after ${frames} of ${take.frames} frames`);
        if (performance.now() - this.#movedAt > STUCK_MS)
          throw new AudioCloudError('DEVICE_FAILED', 'Cannot record what is played: the device stands still');
        if (performance.now() - toldAt > PROGRESS_MS) {
          toldAt = performance.now();
          this.#options.onProgress(frames, take.frames);
        }
      }
      await sleep(LOOK_MS);
    }
  }

  get #isPlaying(): boolean {
    return this.#options.find()?.loaded.transportState().playing ?? false;
  }

  /** Follows the sinks where they are now; before its play begins the task may come, go and change. */
  #attach(): void {
    const found = this.#options.find();
    if (this.#take && found?.loaded !== this.#take.task) throw this.#interrupted('it was unloaded or loaded anew');
    for (const track of this.#tracks) {
      const sink = found?.loaded.heard(track.sink);
      if (sink?.ring === track.reader?.memory) continue;
      if (this.#take) throw this.#interrupted(`its sink ${track.sink ?? 'that is the first'} was changed or removed`);
      // What is in a ring that came since it hears was played since: it may play already when it is found.
      const ring = sink && new SinkRing(sink.ring).hear();
      track.reader = ring && new SinkReader(sink.ring, found!.loaded.sampleRate, this.#hears ? 0 : ring.written);
    }
  }

  async #drain(track: TakeTrack): Promise<void> {
    for (;;) {
      const { reader } = track;
      if (!reader || (this.#take && track.done >= this.#take.frames + this.#take.latencyFrames)) return;
      const piece = reader.next(true);
      if (!piece) return;
      this.#movedAt = performance.now();
      const { playId, streamFrame, timelineFrame, frames, samples } = piece;
      if (!this.#take) {
        const { task, playId: playIdBefore } = this.#before ?? {};
        if (playId === playIdBefore && task === this.#options.find()?.loaded) continue;
        if (streamFrame !== 0)
          throw this.#interrupted(`its first ${streamFrame} frames were gone before they were read`);
        await this.#begin(playId, timelineFrame);
      }
      const take = this.#take!;
      if (playId !== take.playId) {
        if (track.done === 0) continue;
        throw this.#interrupted('it was stopped and played again');
      }
      const lost = streamFrame - track.done;
      if (timelineFrame !== take.from + streamFrame || lost < 0) throw this.#interrupted('its playhead was moved');
      if (lost > 0) {
        this.#lostFrames += lost;
        for (let rest = lost; rest > 0; rest -= 8192) await track.write(take, Math.min(rest, 8192));
      }
      await track.write(take, frames, samples);
    }
  }

  /** Its play begins. */
  async #begin(playId: number, timelineFrame: number): Promise<void> {
    const { fromSeconds = 0, toSeconds } = this.#job;
    const { loaded, missedBlocks } = this.#options.find()!;
    for (const { sink } of this.#tracks)
      if (!loaded.heard(sink))
        throw new AudioCloudError('SINK_UNKNOWN', `Cannot record '${sink}': the task has no such sink`, { sink });
    const { from, to } = renderRange(
      { task: loaded.graph, fromSeconds, ...(toSeconds === undefined ? {} : { toSeconds }) },
      loaded,
    );
    if (timelineFrame !== from)
      throw this.#interrupted(`it plays from ${timelineFrame / loaded.sampleRate} s, wanted ${fromSeconds} s`);
    const { latencyFrames, sampleRate } = loaded;
    this.#take = { task: loaded, playId, from, frames: to - from, latencyFrames, missedBefore: missedBlocks };
    for (const track of this.#tracks) await track.open();
    const sinks = this.#tracks.map(({ channels, path }, i) => ({ name: nameOf(i), channels, path }));
    this.#options.onTake({ sampleRate, frames: to - from, sinks, ready: this.#ready.memory });
    this.#options.onProgress(0, to - from);
  }

  async #finish(): Promise<Recorded> {
    const { task, frames, missedBefore, latencyFrames } = this.#take!;
    const now = this.#options.find();
    const missedBlocks = Math.max(0, (now?.missedBlocks ?? missedBefore) - missedBefore);
    for (const track of this.#tracks) await track.end();
    this.#tellReady();
    this.#options.onProgress(frames, frames);
    const failed = Object.values(task.state().instances).flatMap(({ error }) => (error ? [error] : []));
    const { sampleRate } = task;
    return { sampleRate, frames, latencyFrames, missedBlocks, lostFrames: this.#lostFrames, failed };
  }

  /** What is in the files may be read. */
  #tellReady(): void {
    this.#ready.frames = Math.min(...this.#tracks.map(({ readableFrames }) => readableFrames));
  }

  #interrupted(why: string): AudioCloudError {
    return new AudioCloudError('EXPORT_INTERRUPTED', `Cannot finish recording task ${this.#job.task}: ${why}`, {
      task: this.#job.task,
    });
  }
}
