import type { Model } from '@audiocloud/api';
import type { AudioData } from '../media/audio-data.ts';
import { randomValue } from './check-context.ts';
import type { Plugin, PluginModule } from './load-plugin.ts';
import { PluginMemory } from './plugin-memory.ts';
import { Probe, type ProbeEvent } from './probe.ts';
import { seededRandom } from './seeded-random.ts';
import { trialMedia } from './trial-media.ts';
import { chordOf } from './trial-notes.ts';

const RATE_HZ = 48000;
const MAX_FRAMES = 128;
/** Rendered by one call, where the plugin can; and so many alone. */
const TOGETHER = 3;
const ALONE = 2;
const ROUNDS = 3;
/** What did not change is skipped in pieces of so many words. */
const PIECE_WORDS = 4096;

/** By module: what was found, undefined for nothing. */
const known = new WeakMap<PluginModule, { found: string | undefined }>();

/**
 * A place in its memory that two instances of a plugin write while they render; undefined when none was found. [control]
 *
 * Two threads must not render such instances at once. A few instances of each model render noise, notes and media with values
 * that change, in turn, alone and by one call; who changed a word that another one changed before has been found. Takes about 100 ms
 * for a plugin of six models; the answer is kept. A plugin that fails at this is not trusted either.
 */
export function sharedWrite(plugin: Plugin): string | undefined {
  let answer = known.get(plugin.module);
  if (!answer) {
    try {
      answer = { found: new SharedWriteSearch(plugin).run() };
    } catch (error) {
      answer = { found: (error as Error).message };
    }
    known.set(plugin.module, answer);
  }
  return answer.found;
}

/** Instances that are rendered by one call, or one alone. */
interface Group {
  readonly probes: readonly Probe[];
  /** From 1 on. */
  readonly writer: number;
}

class SharedWriteSearch {
  readonly #plugin: Plugin;
  readonly #memory: PluginMemory;
  readonly #groups: readonly Group[];
  readonly #list: number;
  /** The memory as it was before the call. */
  readonly #before: Uint32Array;
  /** Who wrote each word, from 1 on. */
  readonly #writers: Uint16Array;

  constructor(plugin: Plugin) {
    this.#plugin = plugin;
    this.#memory = new PluginMemory(plugin);
    this.#groups = plugin.models.flatMap((model, m) => {
      const media = trialMedia(model, RATE_HZ, seededRandom(m));
      const all = Array.from({ length: TOGETHER + ALONE }, (_, i) => this.#probe(model, media, 100 * m + i));
      const together = plugin.module.hasMany ? TOGETHER : 1;
      const groups = [all.slice(0, together), ...all.slice(together).map((one) => [one])];
      return groups.map((probes, g) => ({ probes, writer: 1 + m * (TOGETHER + ALONE) + g }));
    });
    this.#list = this.#memory.alloc(4 * TOGETHER);
    const words = this.#memory.views.u32.length;
    this.#before = new Uint32Array(words);
    this.#writers = new Uint16Array(words);
  }

  run(): string | undefined {
    for (let round = 0; round < ROUNDS; round++) {
      for (const group of this.#groups) this.#prepare(group, round);
      this.#before.set(this.#memory.views.u32.subarray(0, this.#before.length));
      for (const group of this.#groups) {
        const found = this.#render(group);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  #probe(model: Model, media: readonly AudioData[], seed: number): Probe {
    const random = seededRandom(seed);
    const parameters = Object.fromEntries(model.parameters.map((one) => [one.id, randomValue(one, random())]));
    return new Probe(this.#plugin, model.id, {
      memory: this.#memory,
      sampleRate: RATE_HZ,
      maxFrames: MAX_FRAMES,
      parameters,
      media,
      opening: chordOf(model),
      seed: BigInt(seed),
    });
  }

  /** Writes what the instances of a group shall render in a round. */
  #prepare({ probes, writer }: Group, round: number): void {
    probes.forEach((probe, i) => {
      const random = seededRandom(1000 * writer + 10 * round + i);
      probe.writeInputs(
        Array.from({ length: probe.inputChannels }, () =>
          Float32Array.from({ length: MAX_FRAMES }, () => random() - 0.5),
        ),
        MAX_FRAMES,
      );
      probe.writeEvents(round % 2 === 0 ? [] : eventsOf(probe.model, random));
    });
  }

  #render({ probes, writer }: Group): string | undefined {
    const { u32 } = this.#memory.views;
    const before = this.#before;
    for (const [i, { layout }] of probes.entries()) {
      const at = (this.#list >> 2) + i;
      u32[at] = layout;
      before[at] = layout;
    }
    const first = probes[0]!;
    if (probes.length === 1) first.twin.process(first.layout, MAX_FRAMES);
    else first.twin.processMany(this.#list, probes.length, MAX_FRAMES);
    if (first.twin.fault) return `${first.model.id} traps: ${first.twin.fault}`;
    const [now, then] = [bytes(u32), bytes(before)];
    for (let piece = 0; piece < before.length; piece += PIECE_WORDS) {
      const end = Math.min(before.length, piece + PIECE_WORDS);
      if (now.compare(then, 4 * piece, 4 * end, 4 * piece, 4 * end) === 0) continue;
      for (let at = piece; at < end; at++) {
        if (u32[at] === before[at]) continue;
        if (this.#writers[at] !== 0 && this.#writers[at] !== writer)
          return `${first.model.id} writes at ${4 * at}, where another instance writes as well`;
        this.#writers[at] = writer;
        before[at] = u32[at]!;
      }
    }
    return undefined;
  }
}

/** Every parameter that may change moves once. */
function eventsOf(model: Model, random: () => number): ProbeEvent[] {
  return model.parameters
    .filter(({ latched }) => !latched)
    .map((parameter) => ({
      frame: Math.floor(random() * MAX_FRAMES),
      parameter: parameter.id,
      value: randomValue(parameter, random()),
    }))
    .sort((a, b) => a.frame - b.frame);
}

function bytes({ buffer, byteOffset, byteLength }: Uint32Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
