import type { Model, Parameter, Value } from '@audiocloud/api';
import type { Plugin } from './load-plugin.ts';
import { Probe, type ProbeOptions } from './probe.ts';
import { seededRandom } from './seeded-random.ts';

export type CheckResult = 'passed' | 'failed' | 'skipped' | 'warning';
export type Outcome = readonly [result: CheckResult, detail: string];

/** One check of one model. It may throw: that is a failure with the error's message. */
export type CheckRun = (context: CheckContext) => Outcome;

export const passed = (detail: string): Outcome => ['passed', detail];
export const failed = (detail: string): Outcome => ['failed', detail];
export const skipped = (detail: string): Outcome => ['skipped', detail];
export const warning = (detail: string): Outcome => ['warning', detail];

export const CHECK_RATE_HZ = 48000;
export const CHECK_MAX_FRAMES = 256;

/** What a check works with: probes of the model, and inputs that follow from seeds. */
export class CheckContext {
  readonly plugin: Plugin;
  readonly model: Model;

  constructor(plugin: Plugin, model: Model) {
    this.plugin = plugin;
    this.model = model;
  }

  probe(options: Partial<ProbeOptions> = {}, plugin = this.plugin): Probe {
    return new Probe(plugin, this.model.id, { sampleRate: CHECK_RATE_HZ, maxFrames: CHECK_MAX_FRAMES, ...options });
  }

  /** White noise at -12 dBFS peak for every input channel, different in each. */
  noise(probe: Probe, frames: number, seed = 1): Float32Array[] {
    return Array.from({ length: probe.inputChannels }, (_, channel) => {
      const random = seededRandom(seed * 1000 + channel);
      return Float32Array.from({ length: frames }, () => (random() - 0.5) * 0.5);
    });
  }

  /** A random value for every parameter. */
  randomParameters(seed: number): Record<string, Value> {
    const random = seededRandom(seed);
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
