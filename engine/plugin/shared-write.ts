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

class SharedWriteSearch {
  readonly #plugin: Plugin;
  readonly #memory: PluginMemory;
  /** By group of instances that are rendered together, and as single ones. */
  readonly #probes: Probe[][];
  readonly #list: number;
  readonly #before: Uint32Array;
  /** Who wrote each word, from 1 on. */
  readonly #writers: Uint16Array;

  constructor(plugin: Plugin) {
    this.#plugin = plugin;
    this.#memory = new PluginMemory(plugin);
    this.#probes = plugin.models.map((model, m) => {
      const media = trialMedia(model, RATE_HZ, seededRandom(m));
      return Array.from({ length: TOGETHER + ALONE }, (_, i) => this.#probe(model, media, 100 * m + i));
    });
    this.#list = this.#memory.alloc(4 * TOGETHER);
    const words = this.#memory.views.u32.length;
    this.#before = new Uint32Array(words);
    this.#writers = new Uint16Array(words);
  }

  run(): string | undefined {
    for (let round = 0; round < ROUNDS; round++)
      for (const [m, probes] of this.#probes.entries()) {
        const groups = this.#plugin.module.hasMany
          ? [probes.slice(0, TOGETHER), ...probes.slice(TOGETHER).map((one) => [one])]
          : probes.map((one) => [one]);
        for (const [g, group] of groups.entries()) {
          const writer = 1 + m * (TOGETHER + ALONE) + g;
          const found = this.#render(group, round, writer);
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

  #render(group: readonly Probe[], round: number, writer: number): string | undefined {
    const { views } = this.#memory;
    group.forEach((probe, i) => {
      const random = seededRandom(1000 * writer + 10 * round + i);
      probe.writeInputs(
        Array.from({ length: probe.inputChannels }, () =>
          Float32Array.from({ length: MAX_FRAMES }, () => random() - 0.5),
        ),
        MAX_FRAMES,
      );
      probe.writeEvents(round % 2 === 0 ? [] : eventsOf(probe.model, random));
      views.u32[(this.#list >> 2) + i] = probe.layout;
    });
    const { u32 } = views;
    this.#before.set(u32);
    const [first] = group;
    if (group.length === 1) first!.twin.process(first!.layout, MAX_FRAMES);
    else first!.twin.processMany(this.#list, group.length, MAX_FRAMES);
    if (first!.twin.fault) return `${first!.model.id} traps: ${first!.twin.fault}`;
    for (let piece = 0; piece < u32.length; piece += PIECE_WORDS) {
      const end = Math.min(u32.length, piece + PIECE_WORDS);
      if (bytes(u32, piece, end).equals(bytes(this.#before, piece, end))) continue;
      for (let at = piece; at < end; at++) {
        if (u32[at] === this.#before[at]) continue;
        if (this.#writers[at] !== 0 && this.#writers[at] !== writer)
          return `${first!.model.id} writes at ${4 * at}, where another instance writes as well`;
        this.#writers[at] = writer;
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

function bytes({ buffer, byteOffset }: Uint32Array, from: number, to: number): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset + 4 * from, 4 * (to - from));
}
