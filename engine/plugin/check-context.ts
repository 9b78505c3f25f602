import type { Model, Parameter, Value } from '@audiocloud/api';
import type { AudioData } from '../media/audio-data.ts';
import type { Outcome } from './check-outcome.ts';
import { LAYOUT } from './layout.ts';
import type { Plugin } from './load-plugin.ts';
import { Probe, type ProbeEvent, type ProbeOptions } from './probe.ts';
import { seededRandom } from './seeded-random.ts';
import { trialMedia } from './trial-media.ts';
import { chordOf, midiInputs, nothingPlayed, randomNote } from './trial-notes.ts';

/** One check of one model's instances. It may throw: a trap is a crash, every other error a failure with its message. */
export type CheckRun = (context: CheckContext) => Outcome;

export const CHECK_RATE_HZ = 48000;
export const CHECK_MAX_FRAMES = 256;

/**
 * What a check works with: probes of the model, and inputs that follow from the seed of the run. Every slot of a probe has media,
 * and every midi input gets a chord with its first block.
 */
export class CheckContext {
  readonly plugin: Plugin;
  readonly model: Model;
  /** Of the whole run: the same seed gives the same inputs, values and sizes. */
  readonly seed: number;
  /** By sample rate. */
  readonly #media = new Map<number, AudioData[]>();

  constructor(plugin: Plugin, model: Model, seed = 1) {
    this.plugin = plugin;
    this.model = model;
    this.seed = seed;
  }

  /** Random numbers from 0 up to 1, others for each `number`. */
  random(number: number): () => number {
    // two odd constants of SplitMix keep neighbours apart
    return seededRandom(Math.imul(this.seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  }

  probe(options: Partial<ProbeOptions> = {}, plugin = this.plugin): Probe {
    const { sampleRate = CHECK_RATE_HZ } = options;
    return new Probe(plugin, this.model.id, {
      sampleRate,
      maxFrames: CHECK_MAX_FRAMES,
      media: this.media(sampleRate),
      opening: chordOf(this.model),
      ...options,
    });
  }

  /** What is in the slots of probes: the same objects each time. */
  media(sampleRate = CHECK_RATE_HZ): AudioData[] {
    let media = this.#media.get(sampleRate);
    if (!media) {
      media = trialMedia(this.model, sampleRate, this.random(900));
      this.#media.set(sampleRate, media);
    }
    return media;
  }

  /** Whether notes reach it. */
  get isPlayed(): boolean {
    return midiInputs(this.model) > 0;
  }

  /** Whether notes are all that it makes sound of. */
  get isInstrument(): boolean {
    const has = (ports: Model['inputs']) => ports.some(({ kind }) => kind === 'audio');
    return this.isPlayed && !has(this.model.inputs) && has(this.model.outputs);
  }

  /** Whether there is anything that it could make sound of. */
  get hasInput(): boolean {
    return this.model.inputs.length > 0;
  }

  /** White noise at -12 dBFS peak for every input channel, different in each. */
  noise(probe: Probe, frames: number, seed = 1): Float32Array[] {
    return Array.from({ length: probe.inputChannels }, (_, channel) => {
      const random = this.random(seed * 1000 + channel);
      return Float32Array.from({ length: frames }, () => (random() - 0.5) * 0.5);
    });
  }

  /** Writes silence that is not flagged as such, so that nothing falls asleep; `events` come with it. */
  writeUnflaggedSilence(probe: Probe, events: readonly ProbeEvent[] = []): void {
    probe.writeInputs([], CHECK_MAX_FRAMES);
    probe.writeEvents(probe.inputChannels === 0 ? [...nothingPlayed(this.model), ...events] : events);
    probe.memory.setWord(probe.layout, LAYOUT.silentIn, 0);
  }

  /** A block of silence in which nothing falls asleep; returns the outputs. */
  unflaggedSilence(probe: Probe, events: readonly ProbeEvent[] = []): Float32Array[] {
    this.writeUnflaggedSilence(probe, events);
    const status = probe.twin.process(probe.layout, CHECK_MAX_FRAMES);
    if (probe.twin.fault) probe.process([], CHECK_MAX_FRAMES); // reports what was the matter
    return probe.readOutputs(status, CHECK_MAX_FRAMES);
  }

  /** Parameters that change while it plays. */
  get live(): Parameter[] {
    return this.model.parameters.filter(({ latched }) => !latched);
  }

  /** `count` notes where it is played, none elsewhere, sorted by frame. */
  randomNotes(random: () => number, count: number, frames: number): ProbeEvent[] {
    return Array.from({ length: this.isPlayed ? count : 0 }, () =>
      randomNote(this.model, random, Math.floor(random() * frames)),
    ).sort((a, b) => a.frame - b.frame);
  }

  /** `count` changes of live parameters, and notes where it is played, sorted by frame. */
  randomEvents(random: () => number, count: number, frames: number): ProbeEvent[] {
    const { live, isPlayed } = this;
    return Array.from({ length: live.length || isPlayed ? count : 0 }, (): ProbeEvent => {
      if (isPlayed && (live.length === 0 || random() < 0.5))
        return randomNote(this.model, random, Math.floor(random() * frames));
      const parameter = live[Math.floor(random() * live.length)]!;
      return { frame: Math.floor(random() * frames), parameter: parameter.id, value: randomValue(parameter, random()) };
    }).sort((a, b) => a.frame - b.frame);
  }

  /** A random value for every parameter. */
  randomParameters(seed: number): Record<string, Value> {
    const random = this.random(-seed);
    return Object.fromEntries(
      this.model.parameters.map((parameter) => [parameter.id, randomValue(parameter, random())]),
    );
  }
}

/** The value at a place of the parameter's range: 0 the least (or first), 1 the greatest (or last). */
export function randomValue({ range }: Parameter, place: number): Value {
  switch (range.kind) {
    case 'toggle':
      return place >= 0.5;
    case 'list':
      return range.values[Math.min(range.values.length - 1, Math.floor(place * range.values.length))]!.value;
    case 'stepped':
      return range.min + Math.floor((place * (range.max - range.min)) / range.step) * range.step;
    default:
      return range.min + place * (range.max - range.min);
  }
}

/** The greatest difference of two sounds, and where; NaN counts as infinite. */
export function difference(a: readonly Float32Array[], b: readonly Float32Array[]): { size: number; text: string } {
  let size = 0;
  let text = 'no difference';
  a.forEach((samples, channel) => {
    samples.forEach((sample, frame) => {
      const other = b[channel]![frame]!;
      const distance = Object.is(sample, other) ? 0 : Math.abs(sample - other);
      if (!(distance <= size)) {
        size = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
        text = `${sample} and ${other} at frame ${frame} of channel ${channel}`;
      }
    });
  });
  return { size, text };
}

/** The first sample that is not finite, as text; undefined if all are. */
export function nonFinite(outputs: readonly Float32Array[]): string | undefined {
  for (const [channel, samples] of outputs.entries()) {
    const frame = samples.findIndex((sample) => !Number.isFinite(sample));
    if (frame >= 0) return `${samples[frame]} at frame ${frame} of channel ${channel}`;
  }
  return undefined;
}

/** The greatest sample of all channels, without its sign; NaN counts as infinite. */
export function peakOf(outputs: readonly Float32Array[]): number {
  let peak = 0;
  for (const samples of outputs) for (const sample of samples) if (!(Math.abs(sample) <= peak)) peak = Math.abs(sample);
  return Number.isNaN(peak) ? Number.POSITIVE_INFINITY : peak;
}
