import { GuardRunner } from '../guard/guard-runner.ts';
import { SinkRing } from './sink-ring.ts';
import type { StepRunner } from './step-runner.ts';
import type { SinkImage, TaskImage } from './task-image.ts';
import { type TaskShared, WORD } from './task-shared.ts';
import type { Timeline } from './timeline.ts';

interface Sink {
  image: SinkImage;
  ring: SinkRing;
  channels: Float32Array[];
  guard: GuardRunner | undefined;
}

/** Writes what the sinks of a task hear into their streams, and for the device, from where the playhead is. [render] */
export class SinkWriter {
  private readonly shared: TaskShared;
  private readonly timeline: Timeline;
  private sinks: Sink[] = [];

  constructor(shared: TaskShared, timeline: Timeline) {
    this.shared = shared;
    this.timeline = timeline;
  }

  /** Goes over to the sinks of an image that `steps` has already. [render, between blocks] */
  update({ sinks, guard, maxFrames }: TaskImage, steps: StepRunner): void {
    this.sinks = sinks.map((sink) => ({
      image: sink,
      ring: new SinkRing(sink.ring),
      channels: sink.addresses.map((address) => steps.channel(sink.memory, address)),
      guard: guard && sink.guard !== null ? new GuardRunner(guard, sink.guard, maxFrames) : undefined,
    }));
  }

  get isEmpty(): boolean {
    return this.sinks.length === 0;
  }

  /** Whether silence would change what a guard gives. */
  get isBusy(): boolean {
    const { sinks } = this;
    for (let s = 0; s < sinks.length; s++) if (sinks[s]!.guard?.isBusy) return true;
    return false;
  }

  /** Play begins: the guards have heard nothing yet. */
  begin(): void {
    const { sinks } = this;
    for (let s = 0; s < sinks.length; s++) sinks[s]!.guard?.reset();
  }

  /**
   * `frames` frames that begin at frame `from` of the block.
   *
   * isBroken: an instance was muted there, or is heard again. fall: what the gain changes by in a frame; 0 but before a stop.
   */
  write(device: Float32Array[], from: number, frames: number, isBroken: boolean, fall: number): void {
    const { sinks, timeline } = this;
    const { streamFrame, positionFrame, words } = this.shared;
    const playId = words[WORD.playId]!;
    for (let s = 0; s < sinks.length; s++) {
      const { image, ring, guard, channels: heard } = sinks[s]!;
      const channels = guard ? guarded(guard, heard, frames, isBroken) : heard;
      let at = positionFrame;
      for (let done = 0; done < frames; ) {
        const part = timeline.stretch(at, frames - done);
        ring.write(channels, done, part, playId, streamFrame + done, at, 1 + fall * done, 1 + fall * (done + part));
        at = timeline.after(at, part);
        done += part;
      }
      if (image.kind === 'device') addTo(device, image.firstChannel, channels, from, frames, fall);
    }
  }

  /** As `write`, where all is silent. */
  writeSilence(frames: number): void {
    const { sinks, timeline } = this;
    const { streamFrame, positionFrame, words } = this.shared;
    const playId = words[WORD.playId]!;
    for (let s = 0; s < sinks.length; s++) {
      const { ring } = sinks[s]!;
      let at = positionFrame;
      for (let done = 0; done < frames; ) {
        const part = timeline.stretch(at, frames - done);
        ring.writeSilence(part, playId, streamFrame + done, at);
        at = timeline.after(at, part);
        done += part;
      }
    }
  }
}

/** What a guard makes of the next frames of a sink, in buffers of its own: who else hears these channels hears them as they are. */
function guarded(guard: GuardRunner, channels: Float32Array[], frames: number, isBroken: boolean): Float32Array[] {
  for (let c = 0; c < channels.length; c++) guard.channels[c]!.set(channels[c]!);
  guard.process(frames, isBroken);
  return guard.channels;
}

function addTo(
  device: Float32Array[],
  first: number,
  channels: Float32Array[],
  at: number,
  frames: number,
  fall: number,
): void {
  for (let c = 0; c < channels.length && first + c < device.length; c++) {
    const to = device[first + c]!;
    const from = channels[c]!;
    for (let i = 0; i < frames; i++) to[at + i] = to[at + i]! + from[i]! * (1 + fall * (i + 1));
  }
}
