import { fileURLToPath } from 'node:url';
import type { GraphEdit, LoopCable, Task } from '@audiocloud/api';
import {
  type AudioData,
  allocateAudio,
  LoadedTask,
  Registry,
  SinkRing,
  TaskRenderer,
  type TaskSounds,
} from '@audiocloud/engine';
import type { DiskStreams } from '../engine/disk/disk-streams.ts';
import { LoopCables } from '../engine/device/loop-cables.ts';
import type { SoundLookup } from '../engine/plan/fixed-sound.ts';
import { COMMAND, type Command } from '../engine/render/task-shared.ts';
import { buildWasm } from '../scripts/build-wasm.ts';

export const RATE = 48000;

const folder = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The stock plugins and the example in C, built if need be. */
export async function openRegistry(...more: string[]): Promise<Registry> {
  await buildWasm({ ifMissing: true });
  return Registry.open([folder('plugins'), folder('examples/plugins'), ...more]);
}

/** Sound that was never a file. */
export function audio(...channels: ArrayLike<number>[]): AudioData {
  const made = allocateAudio(RATE, channels.length, channels[0]!.length);
  channels.forEach((channel, c) => {
    made.data[c]!.set(channel);
  });
  return made;
}

export interface DrivenOptions {
  registry: Registry;
  media?: TaskSounds;
  /** Who reads ahead what of the media is on the disk. */
  disk?: DiskStreams;
  blockFrames?: number;
  /** Ceilings of the outputs; without it sinks have no guards. */
  guard?: { outputCeilingsDb: number[] };
  /** See LoadOptions. */
  isHeardLater?: boolean;
  /** How hardware is connected, with as many channels both ways; blocks are then all of one length. */
  hardware?: { soundOf: SoundLookup; channels: number; loop: LoopCable[] };
}

/** A task played by hand: the control side and the renderer on one thread, a block at a time. */
export class DrivenTask {
  readonly task: LoadedTask;
  readonly renderer: TaskRenderer;
  readonly blockFrames: number;
  private readonly cables: LoopCables;
  private readonly output: Float32Array[];
  private readonly input: Float32Array[];

  constructor(
    graph: Task,
    { registry, media = {}, blockFrames = 128, guard, hardware, disk, isHeardLater = false }: DrivenOptions,
  ) {
    this.task = LoadedTask.load({
      id: 'driven',
      graph,
      media,
      registry,
      maxFrames: blockFrames,
      isHeardLater,
      ...(guard ? { guard } : {}),
      ...(disk ? { disk } : {}),
      ...(hardware ? { hasFixed: true, soundOf: hardware.soundOf } : {}),
    });
    this.renderer = new TaskRenderer(this.task.image);
    this.blockFrames = blockFrames;
    const channels = () => Array.from({ length: hardware?.channels ?? 0 }, () => new Float32Array(blockFrames));
    this.cables = new LoopCables(hardware?.loop ?? [], blockFrames);
    this.output = channels();
    this.input = channels();
  }

  give(command: Command): void {
    if (this.task.shared.give(command) < 0) throw new Error('the ring of commands is full');
  }

  /** To be taken at the next block. */
  play(positionFrame = 0, playId = 1): void {
    this.give({ kind: COMMAND.play, value: positionFrame, a: playId });
  }

  stop(): void {
    this.give({ kind: COMMAND.stop });
  }

  seek(positionFrame: number): void {
    this.give({ kind: COMMAND.seek, value: positionFrame });
  }

  loop(startFrame: number, endFrame: number): void {
    this.give({ kind: COMMAND.loop, value: startFrame, value2: endFrame });
  }

  ring(sink?: string): SinkRing {
    const image = sink === undefined ? this.task.sinks[0]! : this.task.sinks.find(({ name }) => name === sink)!;
    return new SinkRing(image.ring);
  }

  /** The next `blocks` blocks of a sink, by channel; empty channels when nothing plays. */
  render(blocks = 1, sink?: string, frames = this.blockFrames): Float32Array[] {
    const ring = this.ring(sink);
    const first = ring.written;
    const parts: Float32Array[] = [];
    for (let block = 0; block < blocks; block++) {
      const from = ring.written;
      for (const channel of this.output) channel.fill(0);
      this.cables.hear(this.input);
      this.renderer.render(frames, this.output, this.input);
      this.cables.play(this.output);
      const part = new Float32Array((ring.written - from) * ring.channels);
      if (part.length > 0 && !ring.read(from, ring.written - from, part)) throw new Error('the ring lost a block');
      parts.push(part);
    }
    const out = Array.from({ length: ring.channels }, () => new Float32Array(ring.written - first));
    let at = 0;
    for (const part of parts) {
      for (let i = 0; i < part.length; i++) out[i % ring.channels]![at + Math.floor(i / ring.channels)] = part[i]!;
      at += part.length / ring.channels;
    }
    return out;
  }

  /** Changes the graph between two blocks. */
  edit(edits: GraphEdit[], media?: Record<string, AudioData>): void {
    const image = this.task.edit(this.task.revision + 1, edits, ...(media ? [media] : []));
    this.renderer.update(image);
  }

  /** Clears away what edits left behind, if their fades are over; returns whether it did. */
  settle(): boolean {
    const image = this.task.settle();
    if (image) this.renderer.update(image);
    return image !== undefined;
  }
}

/** Two signals after each other. */
export function joined(...parts: Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The largest step from one frame to the next. */
export function steepest(signal: Float32Array): number {
  let most = 0;
  for (let n = 1; n < signal.length; n++) most = Math.max(most, Math.abs(signal[n]! - signal[n - 1]!));
  return most;
}
