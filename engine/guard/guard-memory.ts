import { AudioCloudError, type GuardCounters } from '@audiocloud/api';
import type { MemoryViews } from '../plugin/memory-views.ts';
import { BufferMemory } from '../task/buffer-memory.ts';
import { GUARD_PAST_FRAMES, GUARD_RECORD, guardBytes } from './guard-layout.ts';
import { guardModule } from './guard-module.ts';
import type { GuardExports, GuardImage } from './guard-runner.ts';

/** 1 GiB: some 80,000 guards of two channels with the longest live block. Only what is used is taken from the system. */
const MAXIMUM_PAGES = 16_384;

/** The ceiling of every output that nobody gave another one, in dBTP. */
export const DEFAULT_CEILING_DB = -0.1;
/** A reduction stands so long, at least half a period of 10 Hz, and then goes back by 63.2 % in the release time. */
const HOLD_SECONDS = 0.05;
const RELEASE_SECONDS = 0.3;
/** Silence out of which something can jump. */
const SILENCE_SECONDS = 0.01;
/** Between two looks at the offset of a channel, and how long it takes to fade one out or in. */
const WINDOW_SECONDS = 0.02;
const FADE_SECONDS = 0.05;

export interface GuardOptions {
  channels: number;
  maxFrames: number;
  sampleRate: number;
  ceilingDb: number;
}

/** Where guards live: a memory that no plugin reaches. [control] */
export class GuardMemory {
  readonly image: GuardImage;
  readonly #memory = new BufferMemory(MAXIMUM_PAGES);

  constructor() {
    const module = guardModule();
    const { memory } = this.#memory;
    this.image = { id: nextId++, memory, module };
    const { firstFree, pastFrames } = new WebAssembly.Instance(module, { env: { memory } })
      .exports as unknown as GuardExports;
    if (pastFrames.value !== GUARD_PAST_FRAMES)
      throw new AudioCloudError('PLUGIN_ABI', 'Cannot use the output guard: it is an old one; run npm run build');
    this.#memory.alloc(firstFree());
  }

  /** Makes a guard; returns its address. Throws TOO_LARGE. */
  make({ channels, maxFrames, sampleRate, ceilingDb }: GuardOptions): number {
    const paddedFrames = (maxFrames + 3) & ~3;
    const bytes = guardBytes(channels, paddedFrames);
    const address = this.#memory.alloc(bytes);
    const { u8, u32, f32 } = this.#memory.views;
    u8.fill(0, address, address + bytes);
    u32[(address + GUARD_RECORD.channels) >>> 2] = channels;
    u32[(address + GUARD_RECORD.maxFrames) >>> 2] = paddedFrames;
    f32[(address + GUARD_RECORD.ceiling) >>> 2] = 10 ** (ceilingDb / 20);
    f32[(address + GUARD_RECORD.releaseShare) >>> 2] = 1 - Math.exp(-1 / (RELEASE_SECONDS * sampleRate));
    u32[(address + GUARD_RECORD.holdFrames) >>> 2] = Math.round(HOLD_SECONDS * sampleRate);
    u32[(address + GUARD_RECORD.silenceFrames) >>> 2] = Math.round(SILENCE_SECONDS * sampleRate);
    u32[(address + GUARD_RECORD.windowFrames) >>> 2] = Math.round(WINDOW_SECONDS * sampleRate);
    f32[(address + GUARD_RECORD.fadeStep) >>> 2] = 1 / (FADE_SECONDS * sampleRate);
    return address;
  }

  /** Forgets a guard; nobody may use it any more. */
  free(address: number): void {
    this.#memory.free(address);
  }

  /** What a guard has done since it was made. */
  counts(address: number): GuardCounters {
    const { u32 }: MemoryViews = this.#memory.views;
    return {
      limitedBlocks: u32[(address + GUARD_RECORD.limitedBlocks) >>> 2]!,
      nonFinite: u32[(address + GUARD_RECORD.nonFinite) >>> 2]!,
      jumps: u32[(address + GUARD_RECORD.jumps) >>> 2]!,
      offsets: u32[(address + GUARD_RECORD.offsets) >>> 2]!,
    };
  }
}

let nextId = 1;
let common: GuardMemory | undefined;

/** The guards of all tasks of a process lie in one memory: each memory takes a large part of its address space. [control] */
export function guardMemory(): GuardMemory {
  common ??= new GuardMemory();
  return common;
}
